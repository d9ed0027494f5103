export default {
  bell: { given: '交给您：', title: '待办与通知（{n}）', waiting: '待处理', overdue: '{n} 项已超期', nothing: '没有等您处理的事项。', notices: '公告与通报', unread: '{n} 条未读', no_notices: '没有公告。', new: '未读', level: { important: '重要', urgent: '紧急' } },
}
