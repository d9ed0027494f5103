export default {
  knowledge: { find: 'Search: insurance, preparations, clinic hours…', none: 'Nothing found. Try other or fewer words.', hits: 'Hits', read: 'Reading', choose: 'Choose an entry to read.', answer: 'Standard answer', manage: 'Open and revise', version: 'version {n}', until: 'until {day}', open: 'Knowledge' },
}
