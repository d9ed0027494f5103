/** What differs between two versions of a text: characters of Chinese, words of other scripts. Pure. */

export interface Change {
  kind: 'same' | 'gone' | 'new'
  text: string
}

const MOST = 4_000_000
const SMALL = /[A-Za-z0-9]+|\n|\s+|./gsu
const LARGE = /[^。；！？\n]*[。；！？\n]?/gsu
const BLOCKS = /<\/(?:p|h[1-6]|li|tr|blockquote|pre|ul|ol|table)>|<br\s*\/?>|<hr\s*\/?>/gi

/** A row of a table in one line, its cells apart. */
function rowsInLines(page: Document): void {
  for (const row of page.querySelectorAll('tr')) row.textContent = `${[...row.children].map((cell) => (cell.textContent ?? '').trim().replace(/\s+/g, ' ')).join(' | ')}\n`
}

/** The text of cleaned HTML, one line a block. */
export function linesOf(html: string): string {
  const page = new DOMParser().parseFromString(html.replace(BLOCKS, '$&\n'), 'text/html')
  rowsInLines(page)
  return (page.body.textContent ?? '').split('\n').map((line) => line.trim()).filter(Boolean).join('\n')
}

const cut = (text: string, by: RegExp): string[] => (text.match(by) ?? []).filter(Boolean)

/** How long the longest common row of `a` from i and `b` from j is. */
function lengths(a: string[], b: string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) rows[i]![j] = a[i] === b[j] ? rows[i + 1]![j + 1]! + 1 : Math.max(rows[i + 1]![j]!, rows[i]![j + 1]!)
  return rows
}

function append(changes: Change[], kind: Change['kind'], text: string): void {
  const last = changes.at(-1)
  if (last?.kind === kind) last.text += text
  else changes.push({ kind, text })
}

/** From `before` to `after`; long texts are compared sentence by sentence. */
export function compared(before: string, after: string): Change[] {
  const small = [cut(before, SMALL), cut(after, SMALL)] as const
  const [a, b] = small[0].length * small[1].length <= MOST ? small : ([cut(before, LARGE), cut(after, LARGE)] as const)
  const rows = lengths(a, b)
  const changes: Change[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) append(changes, 'same', a[(j++, i++)]!)
    else if (i < a.length && (j >= b.length || rows[i + 1]![j]! >= rows[i]![j + 1]!)) append(changes, 'gone', a[i++]!)
    else append(changes, 'new', b[j++]!)
  }
  return changes
}
