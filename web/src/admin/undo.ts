/** A line that says what was done and takes it back for five seconds. */

import { ElMessage } from 'element-plus'
import { h } from 'vue'

import { i18n } from '../shared/i18n'
import { tellProblem } from '../shared/notify'

const OPEN_MS = 5000

export function tellUndoable(text: string, undo: () => Promise<unknown>): void {
  const line = ElMessage({
    type: 'success',
    duration: OPEN_MS,
    message: h('span', { class: 'row' }, [
      text,
      h('button', { type: 'button', class: 'button link', 'data-test': 'undo', onClick: () => { line.close(); undo().catch(tellProblem) } }, i18n.global.t('admin.undo')),
    ]),
  })
}
