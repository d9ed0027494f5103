/**
 * Follows one import or export while the server works on it.
 * In: its kind and id, once. Out: what the live link says of it; a call to ask the server when that link is away.
 * Must not ask while the link stands: what is known is pushed, and asking is the fallback alone.
 */

import { onBeforeUnmount, watch } from 'vue'

import { startLive, useLive } from '../shared/live'
import type { TransferProgress } from '../shared/types'

const ASK_MS = 1000

export function useProgress(kind: 'imports' | 'exports', told: (line: TransferProgress) => void, ask: () => Promise<void>) {
  const { transfer, connected } = useLive()
  let followed = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function hear(): void {
    const line = followed > 0 ? transfer.value?.[kind]?.[String(followed)] : undefined
    if (line !== undefined) told(line)
  }

  async function askWhileAway(): Promise<void> {
    if (followed > 0 && !connected.value) await ask()
    if (followed > 0) timer = setTimeout(() => void askWhileAway(), ASK_MS)
  }

  /** `id` 0: nothing is followed any more. */
  function follow(id: number): void {
    if (id === followed) return
    clearTimeout(timer)
    followed = id
    if (id === 0) return
    startLive(['transfer'])
    hear()
    timer = setTimeout(() => void askWhileAway(), ASK_MS)
  }

  watch(transfer, hear)
  onBeforeUnmount(() => follow(0))
  return { follow }
}
