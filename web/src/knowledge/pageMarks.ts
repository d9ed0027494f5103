/**
 * Marks sought words in a text that is drawn already, without touching its elements.
 * In: the element, the words. Out: the browser's highlight `sought`, and the first place in sight. A browser without highlights shows the plain text.
 */

import { places, soughtIn } from './marks'

const NAME = 'sought'

export const unmark = (): void => void (typeof CSS !== 'undefined' && CSS.highlights?.delete(NAME))

function rangesIn(root: HTMLElement, sought: string[]): Range[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const ranges: Range[] = []
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const [from, to] of places(node.textContent ?? '', sought)) {
      const range = new Range()
      range.setStart(node, from)
      range.setEnd(node, to)
      ranges.push(range)
    }
  return ranges
}

export function markIn(root: HTMLElement, words: string): void {
  unmark()
  if (typeof Highlight === 'undefined') return
  const ranges = rangesIn(root, soughtIn(root.textContent ?? '', words))
  if (ranges.length === 0) return
  CSS.highlights.set(NAME, new Highlight(...ranges))
  ranges[0]?.startContainer.parentElement?.scrollIntoView({ block: 'nearest' })
}
