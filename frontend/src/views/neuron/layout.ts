/** Where the parts of an expanded token are, in CSS pixels. */

export interface Span {
  readonly left: number;
  readonly width: number;
}

/** A band within a row, from the row's top. */
interface Band {
  readonly top: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  /** Height of a key's row. */
  readonly pitch: number;
  /** Whether the strips lie below the label and the numbers, for want of room beside them. */
  readonly stacked: boolean;
  readonly label: Span;
  readonly key: Span & Band;
  readonly product: Span & Band;
  /** Width of a neuron. */
  readonly cell: number;
  readonly score: Span;
  readonly bias: Span | null;
  readonly weight: Span;
  /** Middle of the label and the numbers. */
  readonly line: number;
}

export interface Wanted {
  readonly width: number;
  /** Of the brackets beside what one speaker says. */
  readonly speaker: number;
  /** Of the widest label. */
  readonly label: number;
  readonly neurons: number;
  readonly hasBias: boolean;
  /** Height of a row where it has one line. */
  readonly pitch: number;
}

/** Neurons are this wide; narrower ones are stacked instead, so that they can be told apart. */
const CELL = { least: 2, most: 14, wholeFrom: 3 };
const WIDE = { score: 104, bias: 48, weight: 104, gap: 26, times: 60 };
const NARROW = { score: 72, bias: 46, weight: 72, gap: 18 };
const NARROWEST = { score: 62, bias: 40, weight: 58, gap: 14 };
/** Stacked rows have room for wide columns from this width on, and for narrow ones from that. */
const ROOMY = { wide: 560, narrow: 340 };
const LABEL_PAD = 10;
/** Of a stacked row: the line of text, then the key's strip and the product's. */
const STACK = { line: 24, key: { top: 24, height: 6 }, product: { top: 31, height: 12 }, pitch: 52 };
/** Between the strips of two rows. */
const APART = 4;

export function layOut(wanted: Wanted): Layout {
  return beside(wanted) ?? stacked(wanted);
}

/** Everything in one line, read as an equation; null if that leaves too little for a neuron. */
function beside({ width, speaker, label, neurons, hasBias, pitch }: Wanted): Layout | null {
  const { score, bias, weight, gap, times } = WIDE;
  const text = Math.ceil(Math.min(label, width * 0.2));
  const numbers = score + gap + weight + (hasBias ? bias + gap : 0);
  const cell = cellOf((width - speaker - text - LABEL_PAD - times - gap - numbers) / 2, neurons);
  if (cell < CELL.least) return null;
  const band = { top: APART / 2, height: pitch - APART };
  const columns = new Columns(gap, speaker);
  return {
    label: columns.take(text, LABEL_PAD),
    key: { ...columns.take(cell * neurons, times), ...band },
    product: { ...columns.take(cell * neurons), ...band },
    score: columns.take(score),
    bias: hasBias ? columns.take(bias) : null,
    weight: columns.take(weight),
    width: columns.end,
    cell,
    pitch,
    line: pitch / 2,
    stacked: false,
  };
}

function stacked({ width, speaker, neurons, hasBias }: Wanted): Layout {
  const { score, bias, weight, gap } =
    width >= ROOMY.wide ? WIDE : width >= ROOMY.narrow || !hasBias ? NARROW : NARROWEST;
  const numbers = score + gap + weight + (hasBias ? bias + gap : 0);
  const cell = cellOf(width - speaker, neurons);
  const columns = new Columns(gap, speaker);
  const strip = { left: speaker, width: cell * neurons };
  return {
    label: columns.take(width - speaker - numbers - gap),
    key: { ...strip, ...STACK.key },
    product: { ...strip, ...STACK.product },
    score: columns.take(score),
    bias: hasBias ? columns.take(bias) : null,
    weight: columns.take(weight),
    width,
    cell,
    pitch: STACK.pitch,
    line: STACK.line / 2,
    stacked: true,
  };
}

/** A whole number of halves of pixels where that doesn't waste much. */
function cellOf(room: number, neurons: number): number {
  const cell = Math.min(CELL.most, room / neurons);
  return cell < CELL.wholeFrom ? cell : Math.floor(2 * cell) / 2;
}

/** Columns from left to right, with room for a sign between them. */
class Columns {
  end = 0;

  constructor(
    private readonly gap: number,
    private next: number,
  ) {}

  take(width: number, gap: number = this.gap): Span {
    const left = this.next;
    this.end = left + width;
    this.next = this.end + gap;
    return { left, width };
  }
}
