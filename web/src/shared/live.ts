/**
 * The page's live link: one websocket, every topic the screens ask for.
 * In: /api/live. Out: reactive topics and the state of the link. Never invents state: what is shown came from the server, and its age is known.
 * A gap in the numbers asks for a new snapshot; silence over 12 s counts as lost.
 */

import { computed, reactive, type ComputedRef } from 'vue'

import { checkSession } from './api'
import { backoffMs, receive, type LiveMessage, type TopicState } from './liveTopic'
import type { AgentSnapshot, BoardSnapshot, HoursSnapshot, TransferSnapshot } from './types'

export type Topic = 'agent' | 'board' | 'transfer' | 'hours' | 'bell'
const SILENCE_MS = 12_000

const state = reactive({
  topics: {} as Partial<Record<Topic, TopicState>>,
  connected: false,
  heardAt: 0,
})
const wanted = new Set<Topic>()
let socket: WebSocket | null = null
let attempt = 0
let retry: ReturnType<typeof setTimeout> | undefined
let watch: ReturnType<typeof setInterval> | undefined

function say(message: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}

function onMessage(raw: string): void {
  state.heardAt = Date.now()
  const message = JSON.parse(raw) as LiveMessage
  if (message.type !== 'snapshot' && message.type !== 'change') return
  const topic = message.topic as Topic
  const received = receive(state.topics[topic], message)
  if (received.state !== undefined) state.topics[topic] = received.state
  if (received.resync) say({ resync: [topic] })
}

function reconnectSoon(): void {
  state.connected = false
  socket = null
  clearTimeout(retry)
  if (wanted.size > 0) retry = setTimeout(connect, backoffMs(attempt++, Math.random()))
}

function connect(): void {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const opened = new WebSocket(`${scheme}://${location.host}/api/live`)
  socket = opened
  opened.onopen = () => {
    attempt = 0
    state.connected = true
    state.heardAt = Date.now()
    say({ subscribe: [...wanted] })
  }
  opened.onmessage = (event) => onMessage(String(event.data))
  opened.onclose = () => {
    if (socket !== opened) return
    reconnectSoon()
    void checkSession()
  }
}

function watchSilence(): void {
  if (state.connected && Date.now() - state.heardAt > SILENCE_MS) {
    const silent = socket
    reconnectSoon()
    silent?.close()
  }
}

export function startLive(topics: Topic[]): void {
  const added = topics.filter((topic) => !wanted.has(topic))
  added.forEach((topic) => wanted.add(topic))
  watch ??= setInterval(watchSilence, 2000)
  if (wanted.size === 0) return
  if (socket === null) connect()
  else if (added.length > 0) say({ subscribe: [...wanted] })
}

export function stopLive(): void {
  wanted.clear()
  clearTimeout(retry)
  clearInterval(watch)
  watch = undefined
  socket?.close()
  socket = null
  state.topics = {}
  state.connected = false
}

export function useLive() {
  const agent: ComputedRef<AgentSnapshot | undefined> = computed(() => state.topics.agent?.data as AgentSnapshot | undefined)
  const board: ComputedRef<BoardSnapshot | undefined> = computed(() => state.topics.board?.data as BoardSnapshot | undefined)
  const transfer: ComputedRef<TransferSnapshot | undefined> = computed(() => state.topics.transfer?.data as TransferSnapshot | undefined)
  const modes = computed(() => (state.topics.hours?.data as HoursSnapshot | undefined)?.modes ?? {})
  /** Another number: what waits for this person has changed. */
  const bellTurn = computed(() => (state.topics.bell?.data as { turn: number } | undefined)?.turn ?? 0)
  const connected = computed(() => state.connected)
  const heardAt = computed(() => state.heardAt)
  return { agent, board, transfer, modes, bellTurn, connected, heardAt }
}
