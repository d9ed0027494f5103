/** Merging two files over HTTP, and how one is called on the screen. Shapes: docs/import.md, "Merging two files". */

import { say, type Words } from '../admin/meta'
import { Problem, get, post, withQuery } from '../shared/api'
import { i18n, language } from '../shared/i18n'
import { problemWords } from '../shared/notify'
import type { MergePreview } from './types'

export interface Merge {
  id: number
  kept_id: number
  dropped_id: number
  reason: string
  at: string
  undone_at: string | null
}

export interface MergeWish {
  kept_id: number
  dropped_id: number
  kept_version: number
  dropped_version: number
  take: string[]
  reason: string
}

export const FIELDS = ['name', 'gender', 'birth_date', 'mrn', 'language'] as const

export const previewOf = (kept_id: number, dropped_id: number): Promise<MergePreview> => get<MergePreview>(withQuery('/api/patient-merges/preview', { kept_id, dropped_id }))
export const mergeFiles = (wish: MergeWish): Promise<Merge[]> => post<{ items: Merge[] }>('/api/patient-merges', wish).then((answer) => answer.items)
export const mergesOf = (id: number): Promise<Merge[]> => get<{ items: Merge[] }>(`/api/patients/${id}/merges`).then((answer) => answer.items)
export const undoMerge = (id: number): Promise<void> => post<void>(`/api/patient-merges/${id}/undo`)

/** The merges that can be taken back from this file. */
export const open = (merges: Merge[], id: number): Merge[] => merges.filter((one) => one.kept_id === id && one.undone_at === null)

/** What stands in the way: the things that both files have and only one may. */
export function mergeRefusal(wrong: unknown): string {
  const thing = wrong instanceof Problem && wrong.body.type === 'merge_conflict' ? (wrong.body.thing as { title: Words } | undefined) : undefined
  return thing && language() !== 'en' ? i18n.global.t('transfer.merge_conflict', { thing: say(thing.title) }) : problemWords(wrong)
}
