/** What was typed into a form when a call took the person away; kept in memory only, gone at sign-out. */

import type { Values } from './rowApi'

const drafts = new Map<string, Values>()

export const keepDraft = (page: string, values: Values): void => void drafts.set(page, JSON.parse(JSON.stringify(values)) as Values)
export const draftOf = (page: string): Values | undefined => drafts.get(page)
export const dropDraft = (page: string): void => void drafts.delete(page)
export const dropDrafts = (): void => drafts.clear()
