/** How verbs are drawn and named: icon, colour of their group, words for exits. */

import { Back, Calendar, ChatLineRound, Clock, Connection, Edit, Files, Flag, FolderOpened, Grid, Headset, Lightning, List, Memo, Message, MessageBox, Microphone, PhoneFilled, QuestionFilled, Right, Search, Share, SwitchButton, Tickets, UserFilled } from '@element-plus/icons-vue'
import type { Component } from 'vue'

import type { NodeSource, Vocabulary } from './types'
import { verbOf } from './exits'

const ICONS: Record<string, Component> = {
  language: Flag, hours: Clock, say: ChatLineRound, menu: Grid, lookup: Search, choose: List, tell: Tickets, gather: Edit, listen: Microphone, record: MessageBox, queue: Headset, call: FolderOpened,
  return: Back, goto: Right, hang_up: SwitchButton, branch: Share, set: Memo, identify: UserFilled, book: Calendar, sms: Message, callback: PhoneFilled, act: Lightning, transfer: Connection, remember: Files,
}
export const GROUPS = ['speak', 'ask', 'data', 'people', 'connect', 'control'] as const
const GROUP_OF: Record<string, string> = {
  say: 'speak', language: 'ask', menu: 'ask', choose: 'ask', gather: 'ask', listen: 'ask', record: 'ask', tell: 'speak', lookup: 'data', act: 'data', set: 'data', book: 'data', sms: 'data',
  identify: 'people', queue: 'connect', callback: 'connect', transfer: 'connect',
}

export function iconOf(verb: string): Component {
  return ICONS[verb] ?? QuestionFilled
}

export function groupOf(words: Vocabulary, node: NodeSource): string {
  const group = verbOf(words, node)?.group ?? GROUP_OF[node.verb] ?? 'control'
  return (GROUPS as readonly string[]).includes(group) ? group : (GROUP_OF[node.verb] ?? 'control')
}

export { exitWord, nodeTitle, said, tongue } from './names'
