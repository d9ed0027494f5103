/** The rights there are, asked once a session, and their names for people. */

import { ref, type Ref } from 'vue'

import { get } from '../shared/api'
import { say } from './meta'
import type { RightEntry } from './rights'

const entries = ref<RightEntry[]>([])
let asked: Promise<void> | null = null

/** Raises Problem when the list cannot be had; it is asked again at the next call. */
export function loadRights(): Promise<void> {
  asked ??= get<{ items: RightEntry[] }>('/api/rights').then(
    (answer) => void (entries.value = answer.items),
    (wrong: unknown) => {
      asked = null
      throw wrong
    },
  )
  return asked
}

export function useRights(): Ref<RightEntry[]> {
  loadRights().catch(() => undefined)
  return entries
}

/** The title of a right; its code when it is no longer known. */
export function rightWords(known: RightEntry[], right: string): string {
  return say(known.find((one) => one.right === right)?.title) || right
}
