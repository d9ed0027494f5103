/** Shapes of the HTTP API and the live topics, as docs/api.md writes them. */

/** `<thing>.<action>`; which there are, GET /api/rights tells. */
export type Right = string

export interface Session {
  user: { id: number; username: string; name: string; roles: string[]; rights: Right[]; language: string }
  csrf: string
  hospital: { name_zh: string; name_en: string; timezone: string }
  demo: boolean
  second_factor_due: boolean
}

export type AgentStateName = 'available' | 'ringing' | 'talking' | 'wrap_up' | 'paused' | 'offline'

export interface AgentState {
  state: AgentStateName
  reason?: string | null
  since: string
  until?: string | null
  linkedid?: string | null
  after_call?: string | { state: string; reason?: string } | null
}

export interface IvrStep {
  flow: string
  version: number
  node: string
  at: string
  exit?: string
}

export interface PersonCard {
  id: number
  name: string
  gender: string
  age: number | null
  mrn: string
  tags: string[]
  relation: string
  language: string
  last_contact_at: string | null
  alerts: string[]
  visits: { at: string; kind: string; department: string | null; doctor: string | null; diagnosis: string | null }[]
  calls: { id: number | string; at: string; outcome: string | null; queue: string | null; agent: string | null; disposition: string | null }[]
  open_items: { kind: string; title: string; due_at: string | null }[]
  orders?: { at: string; kind: string; content: string; doctor: string | null }[]
  contacts?: { number: string; relation: string; owner_name?: string | null }[]
  relatives?: { name: string; relation: string; patient_id?: number | null; may_be_told?: boolean }[]
  carers?: { name: string; relation: string; patient_id?: number | null; topics: string[] }[]
  reached?: { channel?: string; from?: string; until?: string; zone?: string }
  refused?: string[]
  phones?: string[]
  birth_date?: string | null
}

export type CallPhase = 'ringing' | 'talking' | 'held' | 'wrap_up'

export interface CallView {
  linkedid: string
  phase: CallPhase
  caller_number: string
  queue: string
  queue_title_zh: string
  queue_title_en: string
  waited_s: number
  ringing_at: string
  connected_at: string | null
  ivr_path: IvrStep[]
  language: string
  people: PersonCard[]
  patient_id: number | null
  transferred_from: string | null
}

export interface AgentSnapshot {
  state: AgentState
  call?: CallView | null
  wrap_up?: CallView | null
  figures: { answered: number; talk_s: number; missed: number }
  queues: Record<string, { title_zh: string; title_en: string; waiting: number; longest_since?: string | null }>
}

export interface BoardQueue {
  title_zh: string
  title_en: string
  waiting: number
  longest_since?: string | null
  today: { offered: number; answered: number; abandoned: number; answered_in_level: number }
  service_level_s: number
  available: number
  talking: number
  wrap_up: number
  paused: number
}

export interface BoardAgent {
  name: string
  state: AgentStateName
  reason?: string | null
  since: string
  linkedid?: string | null
  queue?: string | null
  today: { answered: number; talk_s: number }
}

/** Calendar -> how somebody switched it. */
export interface HoursSnapshot {
  modes: Record<string, 'normal' | 'night' | 'emergency'>
}

export interface BoardSnapshot {
  at: string
  queues: Record<string, BoardQueue>
  agents: Record<string, BoardAgent>
  calls: Record<string, { status: string; queue?: string | null; started_at: string; agent_id?: number | null; node?: string | null }>
  today: { calls: number; answered: number; abandoned: number; self_served: number; messages: number; in_ivr: number }
  parts: Record<string, string>
}

export interface CallRecord {
  id: number | string
  linkedid: string
  direction: string
  caller_number: string
  anonymous?: boolean
  dialled_number: string
  patient: { id: number; name: string } | null
  started_at: string
  answered_at: string | null
  ended_at: string | null
  queue: string | null
  agent: { id: number; name: string } | null
  outcome: string | null
  status: string
  wait_s: number
  talk_s: number
  ivr_path: IvrStep[]
  disposition: string | null
  recording: { available: boolean; duration_s: number | null; problem?: string | null }
  legs?: CallLeg[]
  transfers?: number | unknown[]
  hold_s?: number
  language?: string
  recovered?: number
  rating?: number | null
  note?: string | null
}

export interface CallLeg {
  agent_id: number
  agent_name?: string
  agent?: { id: number; name: string } | string | null
  leg: string
  channel: string
  queue: string
  ringing_at: string
  connected_at?: string | null
  ended_at?: string | null
  outcome?: string
}

export interface CallEvent {
  seq: number
  at: string
  kind: string
  data: Record<string, unknown>
  pii?: Record<string, unknown> | null
}

export interface Waveform {
  duration_s: number
  peaks_per_s: number
  left: number[]
  right: number[]
}

export interface Message {
  id: string
  purpose: string
  caller_number: string
  patient: { id: number; name: string } | null
  left_at: string
  duration_s: number
  source: string
  handled_at: string | null
  handled_by: string | { id: number; name: string } | null
  note: string | null
  call_record_id: number | string | null
}

export interface Page<T> {
  items: T[]
  next: string | null
  total: number
}

export interface Disposition {
  code: string
  title_zh: string
  title_en: string
  children?: Disposition[]
}

export interface PauseReason {
  code: string
  title_zh: string
  title_en: string
  limit_min: number | null
}

export interface Choices {
  dispositions: Disposition[]
  pause_reasons: PauseReason[]
}

export interface TransferTargets {
  queues: { name: string; title_zh: string; title_en: string; waiting: number; available: number }[]
  agents: { id: number; name: string; state: AgentStateName }[]
}

export interface SoftphoneAccount {
  uri: string
  authorization_user: string
  password: string
  realm: string
  ws_url: string
  ice_servers: RTCIceServer[]
  expires_at: string
  /** What a visitor's softphone dials. */
  dial?: string
}

/** How far imports and exports are, by id; only those that moved lately. */
export interface TransferSnapshot {
  imports: Record<string, TransferProgress>
  exports: Record<string, TransferProgress>
}

export interface TransferProgress {
  state: string
  rows_done: number
  rows_total: number
}
