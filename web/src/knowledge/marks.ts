/** Where the words somebody looks for stand in a text. Pure. */

export interface Piece {
  text: string
  hit: boolean
}

/** What to mark: the phrase, else its words, else pairs of neighbouring characters, as the search itself finds them. */
export function soughtIn(text: string, words: string): string[] {
  const whole = text.toLowerCase()
  const phrase = words.trim().toLowerCase()
  if (phrase === '') return []
  if (whole.includes(phrase)) return [phrase]
  const terms = phrase.split(/\s+/).filter((one) => one.length > 1 && whole.includes(one))
  if (terms.length > 0) return terms
  const letters = [...phrase]
  const pairs = letters.slice(1).map((letter, n) => `${letters[n]}${letter}`)
  return pairs.filter((one) => /^[\p{L}\p{N}]+$/u.test(one) && whole.includes(one))
}

/** From-to of every place, in order, neighbours and overlaps as one. */
export function places(text: string, sought: string[]): [number, number][] {
  const whole = text.toLowerCase()
  if (whole.length !== text.length) return []
  const found: [number, number][] = []
  for (const one of sought) for (let at = whole.indexOf(one); at >= 0; at = whole.indexOf(one, at + 1)) found.push([at, at + one.length])
  const merged: [number, number][] = []
  for (const [from, to] of found.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

export function pieces(text: string, words: string): Piece[] {
  const made: Piece[] = []
  let at = 0
  for (const [from, to] of places(text, soughtIn(text, words))) {
    if (from > at) made.push({ text: text.slice(at, from), hit: false })
    made.push({ text: text.slice(from, to), hit: true })
    at = to
  }
  return at < text.length ? [...made, { text: text.slice(at), hit: false }] : made
}
