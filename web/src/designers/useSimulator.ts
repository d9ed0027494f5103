/**
 * A simulated call: the server's engine answers, this keeps the conversation.
 * In: the drawn sources, who calls, when, with which data. Out: turns, where the caller stands, the wires walked. A step back forgets the last turn;
 * nothing is kept on the server, so every step goes on from the state the last one gave.
 */

import { computed, ref, shallowRef } from 'vue'

import { play, stopPlaying } from '../prompts/player'
import { tellProblem } from '../shared/notify'
import { step } from './draw'
import { flowApi } from './flowApi'
import type { FlowCase, Heard, SimAnswer, Source } from './types'

export interface Setup {
  language: 'zh' | 'en' | ''
  at: string
  number: string
  answers: Record<string, { exit: string; values?: Record<string, unknown> }>
}

export interface Turn {
  heard: Heard | null
  answer: SimAnswer
}

export function useSimulator(flow: string, source: () => Source, release: () => 'draft' | number) {
  const setup = ref<Setup>({ language: '', at: '', number: '', answers: {} })
  const turns = shallowRef<Turn[]>([])
  const busy = ref(false)
  const muted = ref(false)

  const last = computed(() => turns.value.at(-1)?.answer ?? null)
  const moves = computed(() => turns.value.flatMap((one) => one.answer.moves))
  /** In another flow he still stands at the node that called it. */
  const caller = computed(() => {
    const gone = moves.value.findLast((one) => one.flow === flow)
    return gone === undefined ? '' : (source().node[gone.node]?.on?.[gone.exit] ?? '')
  })
  const here = computed(() => (last.value === null ? '' : last.value.place.flow === flow ? last.value.place.node : caller.value))
  const walked = computed(() => new Set(moves.value.filter((one) => one.flow === flow).map((one) => step(one.node, one.exit))))
  const heard = computed(() => turns.value.map((one) => one.heard).filter((one) => one !== null))

  function asked(): Record<string, unknown> {
    const { language, at, number, answers } = setup.value
    const drawn = release() === 'draft' ? { sources: { [flow]: source() } } : {}
    return { flow, release: release(), ...drawn, ...(language ? { language } : {}), ...(at ? { at: new Date(at).toISOString() } : {}), ...(number ? { caller: { number } } : {}), ...(Object.keys(answers).length > 0 ? { answers } : {}) }
  }

  async function ask(more: Record<string, unknown>, said: Heard | null): Promise<void> {
    if (busy.value) return
    busy.value = true
    try {
      const answer = await flowApi.simulate({ ...asked(), ...more })
      turns.value = [...turns.value, { heard: said, answer }]
      speak(answer)
    } catch (wrong) {
      tellProblem(wrong)
    } finally {
      busy.value = false
    }
  }

  function speak(answer: SimAnswer): void {
    stopPlaying()
    const urls = answer.plays.flatMap((one) => one.audio)
    if (!muted.value && urls.length > 0) void play('simulation', urls)
  }

  async function start(): Promise<void> {
    turns.value = []
    await ask({}, null)
  }

  const hear = (said: Heard): Promise<void> => (last.value ? ask({ state: last.value.state, heard: said }, said) : Promise.resolve())

  function back(): void {
    stopPlaying()
    turns.value = turns.value.slice(0, -1)
  }

  function end(): void {
    stopPlaying()
    turns.value = []
  }

  function mute(): void {
    muted.value = !muted.value
    if (muted.value) stopPlaying()
  }

  /** The conversation as a case: the same caller, the same answers, the nodes where he must stand after each. */
  function asCase(title: string): Omit<FlowCase, 'id'> {
    const { language, at, number, answers } = setup.value
    return { title, flow, language: language || null, at: at ? new Date(at).toISOString() : null, caller: { number }, answers, steps: heard.value, expect: turns.value.map(({ answer }) => ({ flow: answer.place.flow, node: answer.place.node })) }
  }

  return { setup, turns, last, here, walked, busy, muted, start, hear, back, end, mute, asCase }
}

export type Simulator = ReturnType<typeof useSimulator>
