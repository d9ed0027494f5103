/** The call on the desk: server's view, phone's ear, and the acts of the agent on it. */

import { computed, watch } from 'vue'
import { useI18n } from 'vue-i18n'

import { post } from '../shared/api'
import { useLive } from '../shared/live'
import { closeNotice, notice } from '../shared/notify'
import { answer as answerPhone, callIsShown, hangUp as hangUpPhone, pressKey, toggleHold, toggleMute, useSoftphone } from '../shared/softphone'
import { startRinging, stopRinging } from '../shared/tone'
import { titled } from '../shared/i18n'
import type { CallView } from '../shared/types'
import { answersItself, deskCall, settledPerson, talkIsGone } from './callScreen'
import { useOpenTalk } from './openTalk'

const GONE_MS = 2000

export function useCall() {
  const { agent } = useLive()
  const { phone, quality } = useSoftphone()
  const { openTalk, talkIsOver } = useOpenTalk()
  const desk = computed(() => deskCall(agent.value, phone, openTalk.value))
  const screen = computed(() => desk.value.screen)
  const view = computed(() => desk.value.view)
  const person = computed(() => settledPerson(view.value))

  /** The phone may be in another tab: pressing here would answer nothing. */
  const elsewhere = computed(() => phone.line === 'elsewhere')

  function answer(): void {
    if (!elsewhere.value) answerPhone()
  }
  function hangUp(): void {
    if (elsewhere.value) return
    talkIsOver()
    hangUpPhone()
  }

  const choosePatient = (linkedid: string, patientId: number): Promise<unknown> =>
    post(`/api/agent/calls/${encodeURIComponent(linkedid)}/patient`, { patient_id: patientId })
  const newFile = (linkedid: string, file: object): Promise<unknown> =>
    post(`/api/agent/calls/${encodeURIComponent(linkedid)}/patient`, { new_file: file })

  return { agent, phone, quality, screen, view, person, elsewhere, choosePatient, newFile, answer, hangUp, toggleHold, toggleMute, pressKey }
}

function queueTitle(view: CallView): string {
  return titled({ title_zh: view.queue_title_zh, title_en: view.queue_title_en })
}

/** Sound, notice and window title of the ringing call; used once, by the dock. */
export function useRingSignals(): void {
  const { agent, screen, view, phone, elsewhere, answer } = useCall()
  const { connected } = useLive()
  const { talkIsOpen, talkIsOver } = useOpenTalk()
  const { t } = useI18n()
  const caller = computed(() => (view.value?.people.length === 1 ? (view.value.people[0]?.name ?? '') : ''))
  let calmTitle = ''

  watch(
    () => (screen.value === 'ringing' && view.value !== null && !elsewhere.value ? view.value.linkedid : ''),
    (ringing) => {
      if (ringing !== '' && view.value !== null) {
        startRinging(view.value.queue)
        notice(t('dock.incoming'), [caller.value, queueTitle(view.value)].filter(Boolean).join(' · '))
        calmTitle ||= document.title
        document.title = `☎ ${t('dock.incoming')}`
        return
      }
      stopRinging()
      closeNotice()
      if (calmTitle !== '') document.title = calmTitle
      calmTitle = ''
    },
    { immediate: true },
  )
  watch(
    () => view.value !== null && screen.value !== 'wrap_up',
    (shown) => callIsShown(shown),
    { immediate: true, flush: 'post' },
  )
  watch([screen, () => phone.call], () => answersItself(screen.value, phone) && answer(), { immediate: true })
  /** The caller hung up while the page had no line: nobody told the phone, and it would refuse the next call as busy. */
  let over: ReturnType<typeof setTimeout> | undefined
  watch(
    () => connected.value && talkIsGone(agent.value, phone),
    (gone) => {
      clearTimeout(over)
      if (gone) over = setTimeout(hangUpPhone, GONE_MS)
    },
  )
  /** While another tab talks this one knows of the talk, too: should that tab be closed, the ring that brings it back is answered here. */
  watch(
    () => (elsewhere.value && agent.value !== undefined ? [view.value?.phase ?? 'over', view.value?.linkedid ?? ''] : []),
    ([phase, linkedid]) => {
      if (phase === undefined || phase === 'ringing') return
      if (phase === 'over' || phase === 'wrap_up' || linkedid === undefined) talkIsOver()
      else talkIsOpen(linkedid)
    },
    { immediate: true },
  )
  watch(
    () => (screen.value === 'talking' && phone.call !== 'answering' ? (view.value?.linkedid ?? '') : ''),
    (talking) => talking !== '' && talkIsOpen(talking),
    { immediate: true },
  )
}
