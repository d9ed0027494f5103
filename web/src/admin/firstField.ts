/** The cursor in the first field of a dialog once it stands there; whatever opened it gets the focus back before. */

import type { Ref } from 'vue'

const FIELDS = 'input:not([type=checkbox]):not([type=radio]):not([disabled]), textarea, [contenteditable=true]'

export function useFirstField(frame: Ref<HTMLElement | undefined>): () => void {
  return () => void setTimeout(() => frame.value?.querySelector<HTMLElement>(FIELDS)?.focus(), 50)
}
