export default {
  admin: {
    yes: '是', no: '否', choose: '请选择', type_to_find: '输入几个字查找', type_and_enter: '输入后按 Enter', not_allowed: '没有查看权限', nothing_found: '没有找到',
    reveal: '点击显示完整内容（会记入审计）', show_and_edit: '显示并修改', replace: '换成新的', required: '必填', pick_day: '选择日期', pick_moment: '选择日期和时间', pick_time: '选择时间',
    add: '新建', new: '新建{thing}', saving: '正在保存…', saved: '已保存', changed: '{title}已修改', undo: '撤销', mend_fields: '有些内容需要修改，见标红处。',
    leave: '离开', stay: '继续填写', leave_title: '还没有保存', leave_lead: '离开后，刚才填写的内容会丢失。', draft_back: '已恢复接电话前没有保存的内容。',
    find: '查找：{what}', about: '约 {n} 条', columns: '列', earlier: '{title} 前移', later: '{title} 后移', standard_columns: '恢复默认列', my_list: '我的列表',
    all_rows: '全部', shared: '共享', keep_view: '保存当前筛选…', drop_view: '删除“{title}”', view_title: '名称', share_view: '同事也能看到', view_kept: '筛选已保存',
    filters: '筛选', until: '至', more_filters: '全部筛选 ({n})', fewer_filters: '收起', clear_filters: '清除筛选', choose_all: '全选本页', choose_row: '选择 {title}', show_removed: '只看已删除',
    none_found: '没有符合条件的{things}。', none_yet: '还没有{things}。', show_all: '显示全部', no_related: '还没有{things}。',
    bulk: '批量操作', chosen: '已选 {n} 条', bulk_change: '批量修改', unchoose: '取消选择', bulk_title: '修改选中的 {n} 条', which_field: '修改哪一项', new_value: '改成', bulk_apply: '修改 {n} 条', bulk_done: '已修改 {n} 条', bulk_sure: '对选中的 {n} 条执行“{act}”？',
    data: '资料', edit_field: '修改{title}', remove: '删除', removed: '已删除 {title}', is_removed: '已删除', restore: '恢复', remove_title: '删除 {title}', remove_hides: '删除后不再出现在列表中，需要时可以恢复。', remove_final: '删除后不能恢复。',
    reason: '原因', reason_needed: '请填写原因。', in_use: '还有其他资料引用它，不能删除。可以改为停用。', all_things: '全部功能', find_thing: '查找功能，如：投诉',
    rule: { required: '请填写{title}。', number: '{title}必须是数字。', fen: '最多两位小数。', min: '不能小于 {min}。', max: '不能大于 {max}。', max_length: '最多 {length} 个字。' },
  },
  rich: { toolbar: '格式', bold: '加粗', italic: '斜体', heading: '大标题', subheading: '小标题', bullets: '项目列表', numbers: '编号列表', quote: '引用', rule: '分隔线', undo: '撤销', redo: '重做' },
  conflict: { title: '内容已被他人修改', lead: '{who} {when} 保存了同一份资料。请逐项决定保留哪一个。', somebody: '其他人', field: '项目', mine: '我填写的', theirs: '现在保存的', back: '返回继续修改', save: '按选择保存' },
  audit: {
    title: '变更与查看记录', whole: '审计记录', none: '没有记录。', system: '系统', reason: '原因', who: '人员', thing: '对象', act: '动作', when: '时间',
    action: { read: '查看', view: '查看', add: '新建', change: '修改', delete: '删除', restore: '恢复', reveal: '显示完整内容', import: '导入', export: '导出', bulk: '批量修改', timeline: '查看时间线', login: '登录', logout: '退出', login_failed: '登录失败', failed: '失败', book: '预约', move: '改约', cancel: '取消', hold: '占号', lapse: '占号到期', create: '新建', update: '修改', play: '收听录音', download: '下载录音', merge: '合并', undo: '撤销' },
    kind: { user: '用户', role: '角色', patient: '患者', recording: '录音', call_record: '通话', session: '登录' },
  },
  rights: {
    title: '权限', find: '查找：如 投诉', count: '已选 {n} 项权限', thing: '对象', special: '其他', others: '通用', 
    action: { read: '查看', add: '新建', change: '修改', delete: '删除', bulk: '批量', reveal: '看全号', import: '导入', export: '导出' },
    line: { see: '敏感信息', saved_view: '列表视图', desk: '坐席', recording: '录音', message: '留言', board: '看板', audit: '审计', api_token: '接口令牌' },
  },
  tokens: {
    all: '接口令牌', lead: '供其他系统以某个用户的身份调用接口；只在建立时显示一次。', new: '新建令牌', title: '用途', title_hint: '如：体检系统同步', title_needed: '请填写用途，如：体检系统同步。', user: '以谁的身份', user_hint: '空：以您自己的身份',
    count: '{n} 项', term: '有效期', days: '{n} 天', rights: '权限', rights_hint: '只能给出您和该用户都有的权限；用户失去的权限，令牌随即失去。', rights_needed: '请至少勾选一项权限。', make: '生成令牌', made: '令牌已生成：{title}', once: '请现在复制并妥善保存。关闭后不再显示，丢失只能停用重建。', try: '试一下：',
    kept: '已保存，关闭', created: '建立', expires: '到期', used: '最近使用', never: '从未', state: '状态', is: { active: '有效', soon: '即将到期', expired: '已到期', ended: '已停用' }, end: '停用', end_lead: '停用“{title}”后，使用它的系统立即不能再访问，且不能恢复。', ended: '已停用 {title}',
    none: '还没有令牌。HIS、体检、短信等系统接入时在这里建立。', with_ended: '同时显示已停用和已到期的 {n} 个',
  },
}
