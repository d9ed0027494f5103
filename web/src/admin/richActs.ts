/** What the bar of the rich text offers: marks, blocks, tables. Pure but for the editor it is given. */

import type { Editor } from '@tiptap/core'

export interface RichAct {
  word: string
  sign: string
  on: boolean
  act: () => void
}

type Chain = ReturnType<Editor['chain']>
const WIDEST = 12

function acts(editor: Editor) {
  const make = (word: string, sign: string, on: boolean, act: (chain: Chain) => Chain): RichAct => ({ word, sign, on, act: () => void act(editor.chain().focus()).run() })
  return make
}

export function textActs(editor: Editor): RichAct[] {
  const make = acts(editor)
  return [
    make('bold', 'B', editor.isActive('bold'), (one) => one.toggleBold()),
    make('italic', 'I', editor.isActive('italic'), (one) => one.toggleItalic()),
    make('heading', 'H2', editor.isActive('heading', { level: 2 }), (one) => one.toggleHeading({ level: 2 })),
    make('subheading', 'H3', editor.isActive('heading', { level: 3 }), (one) => one.toggleHeading({ level: 3 })),
    make('bullets', '• –', editor.isActive('bulletList'), (one) => one.toggleBulletList()),
    make('numbers', '1.', editor.isActive('orderedList'), (one) => one.toggleOrderedList()),
    make('quote', '❝', editor.isActive('blockquote'), (one) => one.toggleBlockquote()),
    make('rule', '―', false, (one) => one.setHorizontalRule()),
    ...(inTable(editor) ? [] : [make('table', '▦', false, (one) => one.insertTable({ rows: 3, cols: 3, withHeaderRow: true }))]),
    make('undo', '↶', false, (one) => one.undo()),
    make('redo', '↷', false, (one) => one.redo()),
  ]
}

export const inTable = (editor: Editor): boolean => editor.isActive('table')

/** Columns of the table the caret stands in, counted by its first row. */
function columns(editor: Editor): number {
  const { $from } = editor.state.selection
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth)
    if (node.type.name !== 'table') continue
    let count = 0
    node.firstChild?.forEach((cell) => (count += Number(cell.attrs.colspan ?? 1)))
    return count
  }
  return 0
}

/** Offered while the caret stands in a table. What cannot be done there now is not offered. */
export function tableActs(editor: Editor): RichAct[] {
  if (!inTable(editor)) return []
  const make = acts(editor)
  const can = editor.can()
  return [
    ...(columns(editor) < WIDEST ? [make('column_after', '+', false, (one) => one.addColumnAfter())] : []),
    make('row_after', '+', false, (one) => one.addRowAfter()),
    make('column_drop', '−', false, (one) => one.deleteColumn()),
    make('row_drop', '−', false, (one) => one.deleteRow()),
    make('header_row', '▤', editor.isActive('tableHeader'), (one) => one.toggleHeaderRow()),
    ...(can.mergeCells() ? [make('cells_merge', '⇥⇤', false, (one) => one.mergeCells())] : []),
    ...(can.splitCell() ? [make('cell_split', '⇤⇥', false, (one) => one.splitCell())] : []),
    make('table_drop', '✕', false, (one) => one.deleteTable()),
  ]
}
