/**
 * One flow on the drawing table: read, drawn, checked and kept as the draft while it is drawn; published only when asked.
 * In: the flow's name and, to look at only, a version. Out: the document, its history, faults and whether it is kept.
 * A change is never lost: it is sent after a breath, again after a failure, and at once when the page is left. Somebody else's draft is never overwritten unasked.
 */

import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue'

import { loadPrompts } from '../prompts/promptStore'
import { Problem } from '../shared/api'
import { placed } from './arrange'
import { flowApi } from './flowApi'
import { begun, done, redone, undone, type History } from './history'
import type { Doc, Fault, FlowText, FlowVersion, Source, Vocabulary } from './types'

export type Keeping = 'kept' | 'waiting' | 'keeping' | 'failed' | 'conflict'

const KEEP_MS = 900
const CHECK_MS = 300
const RETRY_MS = 5000
const EMPTY: Doc = { source: { flow: '', start: '', node: {} }, layout: {} }

/** `locked`: only looked at just now; what was drawn before is still kept. */
export function useDesigner(name: string, mayChange: () => boolean, locked: () => boolean) {
  const words = shallowRef<Vocabulary | null>(null)
  const history = shallowRef<History<Doc>>(begun(EMPTY))
  const shown = shallowRef<FlowText | null>(null)
  const versions = shallowRef<FlowVersion[]>([])
  const faults = shallowRef<Fault[]>([])
  const keeping = ref<Keeping>('kept')
  const checking = ref(false)
  const failure = shallowRef<unknown>(null)
  let lock: number | null = null
  let kept: Doc = EMPTY
  let keepTimer: ReturnType<typeof setTimeout> | undefined
  let checkTimer: ReturnType<typeof setTimeout> | undefined
  let asked = 0
  let sending: Promise<void> | null = null

  const doc = computed(() => history.value.now)
  const draft = computed(() => versions.value.find((one) => one.state === 'draft') ?? null)
  const published = computed(() => versions.value.filter((one) => one.state === 'published')[0] ?? null)
  const looking = computed(() => shown.value !== null && shown.value.state !== 'draft' && pinned.value)
  const pinned = ref(false)
  const readOnly = computed(() => !mayChange() || locked() || looking.value)
  const dirty = computed(() => keeping.value !== 'kept')

  /** `version` empty: the draft, or what is published and becomes a draft with the first change. */
  async function open(version: number | null): Promise<void> {
    await keepNow()
    failure.value = null
    try {
      const [vocabulary, found] = await Promise.all([words.value ?? flowApi.vocabulary(), flowApi.versions(name), loadPrompts().catch(idsOnly)])
      versions.value = found
      pinned.value = version !== null
      const number = version ?? (draft.value ? 'draft' : (published.value?.number ?? found[0]?.number ?? 'draft'))
      const text = await flowApi.version(name, number)
      words.value = vocabulary
      take(text, vocabulary)
    } catch (wrong) {
      failure.value = wrong
    }
  }

  function take(text: FlowText, vocabulary: Vocabulary): void {
    shown.value = text
    lock = text.state === 'draft' ? (text.version ?? null) : null
    kept = placed(vocabulary, blankless(text.source), text.layout)
    history.value = begun(kept)
    keeping.value = 'kept'
    checkSoon(0)
  }

  function change(next: Doc, merge = ''): void {
    if (readOnly.value || next === doc.value) return
    history.value = done(history.value, next, Date.now(), merge)
    changed()
  }

  function step(to: (history: History<Doc>) => History<Doc>): void {
    const next = to(history.value)
    if (readOnly.value || next === history.value) return
    history.value = next
    changed()
  }

  function changed(): void {
    checkSoon(CHECK_MS)
    if (keeping.value === 'conflict') return
    keeping.value = doc.value === kept ? 'kept' : 'waiting'
    clearTimeout(keepTimer)
    if (keeping.value === 'waiting') keepTimer = setTimeout(() => void keepNow(), KEEP_MS)
  }

  /** Sends what is not kept; returns when the server has the newest, or said no. */
  async function keepNow(): Promise<void> {
    clearTimeout(keepTimer)
    if (sending) await sending
    if (!mayChange() || looking.value || keeping.value === 'conflict' || doc.value === kept) return
    sending = keepOnce(doc.value)
    await sending
    sending = null
  }

  async function keepOnce(mine: Doc): Promise<void> {
    keeping.value = 'keeping'
    try {
      const answer = await flowApi.saveDraft(name, mine.source, mine.layout, lock)
      kept = mine
      const first = lock === null
      lock = answer.version
      if (doc.value === mine) faults.value = answer.faults
      keeping.value = doc.value === mine ? 'kept' : 'waiting'
      if (first) await reloadVersions()
    } catch (wrong) {
      refused(wrong)
    }
    if (keeping.value === 'waiting') keepTimer = setTimeout(() => void keepNow(), KEEP_MS)
  }

  function refused(wrong: unknown): void {
    const stale = wrong instanceof Problem && wrong.status === 409
    keeping.value = stale ? 'conflict' : 'failed'
    failure.value = stale ? null : wrong
    if (!stale && (!(wrong instanceof Problem) || wrong.status === 0 || wrong.status >= 500)) keepTimer = setTimeout(() => void keepNow(), RETRY_MS)
  }

  async function reloadVersions(): Promise<void> {
    versions.value = await flowApi.versions(name)
    if (draft.value && shown.value && shown.value.state !== 'draft' && !pinned.value) shown.value = { ...shown.value, state: 'draft', number: draft.value.number }
  }

  /** Mine goes over the other's draft; or the other's is taken and mine is one undo away. */
  async function settle(mine: boolean): Promise<void> {
    const other = await flowApi.version(name, 'draft')
    lock = other.version ?? null
    keeping.value = 'waiting'
    if (mine) return keepNow()
    const theirs = placed(words.value as Vocabulary, blankless(other.source), other.layout)
    kept = theirs
    history.value = done(history.value, theirs, Date.now())
    keeping.value = 'kept'
    checkSoon(0)
  }

  /** The draft is thrown away; what is published is shown. A flow that was never published is gone with it. */
  async function forgetDraft(withFlow: boolean): Promise<void> {
    clearTimeout(keepTimer)
    if (sending) await sending
    kept = doc.value
    keeping.value = 'kept'
    await flowApi.dropDraft(name)
    if (!withFlow) await open(null)
  }

  function checkSoon(after: number): void {
    clearTimeout(checkTimer)
    checkTimer = setTimeout(() => void check(), after)
  }

  async function check(): Promise<void> {
    const mine = ++asked
    checking.value = true
    try {
      const found = await flowApi.check({ [name]: doc.value.source })
      if (mine === asked) faults.value = found
    } catch (wrong) {
      if (mine === asked && wrong instanceof Problem && wrong.status !== 0) failure.value = wrong
    } finally {
      if (mine === asked) checking.value = false
    }
  }

  const warn = (event: BeforeUnloadEvent): void => void (dirty.value && event.preventDefault())
  window.addEventListener('beforeunload', warn)
  watch(dirty, (now) => now || (failure.value = null))
  onBeforeUnmount(() => {
    window.removeEventListener('beforeunload', warn)
    clearTimeout(checkTimer)
    clearTimeout(keepTimer)
  })

  return {
    words, doc, shown, versions, draft, published, faults, keeping, checking, failure, readOnly, looking, dirty,
    canUndo: computed(() => !readOnly.value && history.value.past.length > 0),
    canRedo: computed(() => !readOnly.value && history.value.future.length > 0),
    open, change, undo: () => step(undone), redo: () => step(redone), keepNow, settle, check, forgetDraft,
  }
}

/** Without the right to read prompts, or without their service, nodes show ids: a flow can still be drawn. */
function idsOnly(wrong: unknown): void {
  if (!(wrong instanceof Problem) || wrong.status === 401) throw wrong
}

/** A source as the page draws it: a new flow has no nodes yet. */
function blankless(source: Source): Source {
  return { ...source, start: source.start ?? '', node: source.node ?? {} }
}

export type Designer = ReturnType<typeof useDesigner>
