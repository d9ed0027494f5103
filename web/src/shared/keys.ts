/** Function keys of the desk, in one table: what they do is registered by the part that can do it. */

import { onBeforeUnmount, onMounted } from 'vue'

export type KeyName = 'F2' | 'F4' | 'F6' | 'F7' | 'F8' | 'F9' | 'Ctrl+K' | '?'

export const KEY_WORDS: Record<KeyName, string> = {
  'Ctrl+K': 'keys.search',
  F2: 'keys.answer',
  F4: 'keys.hang_up',
  F6: 'keys.hold',
  F7: 'keys.mute',
  F8: 'keys.transfer',
  F9: 'keys.ready',
  '?': 'keys.help',
}

const actions = new Map<KeyName, () => void>()

function named(event: KeyboardEvent): KeyName | null {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return 'Ctrl+K'
  if (event.key === '?') return inField(event.target) ? null : '?'
  return event.key in KEY_WORDS ? (event.key as KeyName) : null
}

export function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}

window.addEventListener('keydown', (event) => {
  const name = named(event)
  const action = name === null ? undefined : actions.get(name)
  if (action === undefined) return
  event.preventDefault()
  action()
})

export function useKeys(bound: Partial<Record<KeyName, () => void>>): void {
  const entries = Object.entries(bound) as [KeyName, () => void][]
  onMounted(() => entries.forEach(([name, action]) => actions.set(name, action)))
  onBeforeUnmount(() => entries.forEach(([name, action]) => actions.get(name) === action && actions.delete(name)))
}
