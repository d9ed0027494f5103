/** Compiled, never run: what the server declares in its OpenAPI (`npm run types`) fits what the screens read. A difference stops the build. */

import type { components } from './openapi'
import type { CallEvent, CallRecord, Message, TransferTargets, Waveform } from './types'

type Server = components['schemas']
type Fits<Screen, Sent extends Screen> = Sent

export type Checked = [
  Fits<Pick<CallRecord, 'id' | 'linkedid' | 'caller_number' | 'patient' | 'started_at' | 'ended_at' | 'queue' | 'agent' | 'outcome' | 'status' | 'wait_s' | 'talk_s' | 'ivr_path' | 'recording'>, Server['CallLine']>,
  Fits<Pick<CallRecord, 'hold_s' | 'language' | 'recovered' | 'note'>, Server['CallPage']>,
  Fits<Pick<CallEvent, 'seq' | 'at' | 'kind' | 'data'>, Server['CallTimelineEntry']>,
  Fits<Waveform, Server['Waveform']>,
  Fits<Message, Server['Message']>,
  Fits<Pick<Server['DispositionBody'], 'linkedid' | 'code' | 'note'>, { linkedid: string; code: string; note: string }>,
  Fits<Server['TransferBody'], { linkedid: string; kind: 'queue' | 'agent'; target: TransferTargets['queues'][number]['name'] }>,
  Fits<Server['Caller'], { caller: string }>,
  Fits<{ username: string; password: string }, Server['Credentials']>,
]
