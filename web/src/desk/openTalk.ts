/**
 * The call this page talks in, until the person ends it here: by hanging up, by a transfer, by its disposition.
 * Outlives a reload, so that a page which lost its call knows it when it rings again, and takes it without being asked.
 */

import { ref } from 'vue'

const KEY = 'desk:open-talk'
const linkedid = ref(sessionStorage.getItem(KEY) ?? '')

function keep(value: string): void {
  linkedid.value = value
  if (value === '') sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, value)
}

export function useOpenTalk() {
  return { openTalk: linkedid, talkIsOpen: (of: string): void => keep(of), talkIsOver: (): void => keep('') }
}
