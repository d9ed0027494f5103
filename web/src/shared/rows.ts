/** A current row moved by the keyboard: up, down, page, home, end; Enter opens it. */

import { nextTick, ref, watch } from 'vue'

export function useRows(count: () => number, open: (index: number) => void) {
  const at = ref(0)
  watch(count, (now) => (at.value = Math.min(at.value, Math.max(0, now - 1))))

  async function go(index: number, frame: Element | null): Promise<void> {
    at.value = Math.max(0, Math.min(count() - 1, index))
    await nextTick()
    frame?.querySelector('tr.current')?.scrollIntoView({ block: 'nearest' })
  }

  function keys(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowDown: at.value + 1, ArrowUp: at.value - 1, PageDown: at.value + 10, PageUp: at.value - 10, Home: 0, End: count() - 1 }
    const target = moves[event.key]
    if (event.key === 'Enter' && event.target === event.currentTarget) {
      event.preventDefault()
      open(at.value)
    } else if (target !== undefined && count() > 0) {
      event.preventDefault()
      void go(target, event.currentTarget as Element)
    }
  }
  return { at, keys }
}
