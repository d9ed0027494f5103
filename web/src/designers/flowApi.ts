/** The flow routes of the server, one function each. Shapes: docs/ivr.md section 6. */

import { sendRaw } from '../prompts/promptStore'
import { get, post, send, withQuery } from '../shared/api'
import type { Diff, Fault, FlowCase, FlowFigures, FlowLine, FlowText, FlowVersion, Layout, SimAnswer, Source, Vocabulary, Words } from './types'

const TOML_TIMEOUT_MS = 30_000
const of = (name: string): string => `/api/flows/${encodeURIComponent(name)}`

export const flowApi = {
  list: () => get<{ items: FlowLine[]; release: number }>('/api/flows'),
  add: (name: string, title: Words) => post<unknown>('/api/flows', { name, title }),
  vocabulary: () => get<Vocabulary>('/api/flow-vocabulary'),
  versions: async (name: string) => (await get<{ items: FlowVersion[] }>(`${of(name)}/versions`)).items,
  version: (name: string, number: number | 'draft') => get<FlowText>(`${of(name)}/versions/${number}`),
  saveDraft: (name: string, source: Source, layout: Layout, version: number | null) => send<{ version: number; faults: Fault[] }>('PUT', `${of(name)}/draft`, { source, layout, version }),
  dropDraft: (name: string) => send('DELETE', `${of(name)}/draft`),
  check: async (sources: Record<string, Source>) => (await post<{ faults: Fault[] }>('/api/flows/check', { sources })).faults,
  publish: (flows: string[], note: string) => post<{ release: number; versions: Record<string, number> }>('/api/flows/publish', { flows, note }),
  rollback: (flow: string, number: number, note: string) => post<{ release: number; versions: Record<string, number> }>('/api/flows/publish', { rollback: { flow, number }, note }),
  diff: (name: string, from: number | 'draft', to: number | 'draft') => get<Diff>(withQuery(`${of(name)}/diff`, { from, to })),
  tomlUrl: (name: string, version: number | 'draft') => withQuery(`${of(name)}/toml`, { version }),
  importToml: (name: string, text: string) => sendRaw<unknown>('PUT', `${of(name)}/toml`, text, 'text/plain', TOML_TIMEOUT_MS),
  simulate: (body: Record<string, unknown>) => post<SimAnswer>('/api/flow-simulation', body),
  cases: async (flow: string) => (await get<{ items: FlowCase[] }>(withQuery('/api/flow-cases', { flow }))).items,
  addCase: (body: Omit<FlowCase, 'id'>) => post<unknown>('/api/flow-cases', body),
  dropCase: (id: number) => send('DELETE', `/api/flow-cases/${id}`),
  runCases: (body: Record<string, unknown>) => post<{ items: CaseResult[] }>('/api/flow-cases/run', body),
  statistics: (flow: string, version: number | '', from: string, to: string) => get<FlowFigures>(withQuery('/api/flow-statistics', { flow, version, from, to })),
}

export interface CaseResult {
  id: number
  title: string
  flow: string
  ok: boolean
  step: number
  expected: { flow: string; node: string } | null
  got: { flow: string; node: string } | null
  problem: string
}
