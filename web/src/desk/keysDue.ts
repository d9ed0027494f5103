/** A panel of the desk that closes gives the focus back to where it was opened; in wrap-up the next key is due elsewhere, and this says so. */

import { readonly, ref } from 'vue'

const closed = ref(0)

export function useKeysDue() {
  return { panelsClosed: readonly(closed), panelClosed: (): void => void closed.value++ }
}
