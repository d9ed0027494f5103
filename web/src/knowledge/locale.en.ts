export default {
  knowledge: { find: 'Search: insurance, preparations, clinic hours…', none: 'Nothing found. Try other or fewer words.', hits: 'Hits', read: 'Reading', choose: 'Choose an entry to read.', answer: 'Standard answer', manage: 'Open and revise', version: 'version {n}', until: 'until {day}', open: 'Knowledge', shelf: 'Category', every_shelf: 'All', compare: 'Compare versions', older: 'Earlier text', newer: 'Later text', in_hand: 'Text in hand', no_change: 'The texts are equal.' },
}
