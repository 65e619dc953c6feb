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

// A blank line ends a paragraph, and so does the end of a line that is short or ends with a stop. Other line ends are
// those of an editor's wrapped text and are left inside a paragraph, where they show as a space.
const PARAGRAPH_END = /\n\s*\n|(?<=[.!?…:;]["'”’»)\]]*|^.{0,49})\n/gm;

// The paragraphs of a text as lists of { text, marked }, where what lies between start and end is marked.
export function markedParagraphs(text, start, end) {
  const [from, to] = utf16Indices(text, [start, end]);
  const ends = [...text.matchAll(PARAGRAPH_END)].map(({ index }) => index);
  return [...ends, text.length].map((stop, i) => {
    const first = i ? ends[i - 1] : 0;
    const a = Math.min(Math.max(from, first), stop);
    const b = Math.min(Math.max(to, a), stop);
    return [
      { text: text.slice(first, a), marked: false },
      { text: text.slice(a, b), marked: true },
      { text: text.slice(b, stop), marked: false },
    ].filter((piece) => piece.text.trim());
  }).filter((pieces) => pieces.length);
}
