// The API counts characters as Unicode code points, JavaScript as UTF-16 units: "😀" is one there and two here.

// UTF-16 indices of ascending code point offsets; an offset beyond the end gives the end.
export function utf16Indices(text, offsets) {
  const indices = [];
  let unit = 0;
  let point = 0;
  for (const offset of offsets) {
    while (point < offset && unit < text.length) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
      point += 1;
    }
    indices.push(unit);
  }
  return indices;
}

const SENTENCES = new Intl.Segmenter("en", { granularity: "sentence" });
const AROUND = 1500; // units looked at before and after: room for any sentence, and quick in a long article

// From the sentence before a span to the one after it, in UTF-16 units.
export function neighbourhood(text, { from, to }) {
  const first = Math.max(0, from - AROUND);
  const found = [...SENTENCES.segment(text.slice(first, to + AROUND))]
    .filter(({ segment }) => segment.trim())
    .map(({ segment, index }) => ({ from: first + index, to: first + index + segment.trimEnd().length }));
  const before = found.findLast((sentence) => sentence.from < from);
  const after = found.find((sentence) => sentence.to > to);
  return { from: before?.from ?? from, to: after?.to ?? to };
}

// A blank line ends a paragraph, and so does the end of a line that is short or ends with a stop. Other line ends are
// those of an editor's wrapped text and are left inside a paragraph, where they show as a space.
const PARAGRAPH_END = /\n\s*\n|(?<=[.!?…:;]["'”’»)\]]*|^.{0,49})\n/gm;

// The paragraphs of a text as lists of { text, kinds }: `kinds` are those of the spans { from, to, kind } over the piece.
export function paragraphs(text, spans) {
  const ends = [...text.matchAll(PARAGRAPH_END)].map(({ index }) => index);
  const cuts = spans.flatMap(({ from, to }) => [from, to]).sort((a, b) => a - b);
  return [...ends, text.length].map((stop, i) => {
    const first = i ? ends[i - 1] : 0;
    const edges = [first, ...cuts.filter((cut) => cut > first && cut < stop), stop];
    return edges.slice(1).map((edge, k) => ({
      text: text.slice(edges[k], edge),
      kinds: spans.filter(({ from, to }) => from <= edges[k] && edge <= to && from < to).map(({ kind }) => kind),
    })).filter((piece, k, all) => piece.text.trim() || (k > 0 && k < all.length - 1)); // a space between two spans stays
  }).filter((pieces) => pieces.length);
}
