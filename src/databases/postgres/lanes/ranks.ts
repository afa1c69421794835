/**
 * What goes first over the lanes: lower ranks, which go on to the next rank where the locks of the one before are gone.
 *
 * What must stand before what refers to it: keys before foreign keys, columns before views over them, indexes of expressions before the
 * statistics, which may not be made beside an index. Where that leaves a choice, a table is first read by the index of its key, whose rows mostly
 * lie in its order, and by one more beside it: the first scan marks each row as committed, and the two share it. Then comes
 * a long hash, so that it is not what remains at the end, and short ones fill the gaps.
 */
export const ranks = {
  'not-null': 1,
  keyIndex: 2,
  firstIndex: 3,
  longHash: 4,
  index: 5,
  'primary-key': 6,
  unique: 6,
  check: 7,
  'foreign-key': 8,
  view: 9,
  analyze: 10,
  hash: 11,
} as const
