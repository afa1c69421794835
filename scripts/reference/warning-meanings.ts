/** Every warning code with its meaning; `test/docs` compares it with the codes in the source, both ways. */
export const warningMeanings: Readonly<Record<string, string>> = {
  'type-widened':
    'A value does not fit the declared type, so the column got the narrowest type that holds every value.',
  'misfits-expected': 'Values will not fit the type of the column; they will be rejected or become NULL, as chosen.',
  'precision-lost': 'The type of the target holds fewer digits than some values have.',
  'text-with-nul': 'Texts hold the NUL character, which PostgreSQL cannot store.',
  'invalid-text': 'Texts are not valid in the encoding of the database.',
  'time-unit-guessed': 'Numbers in a column of times fit one unit; it was found by the range of the whole column.',
  'time-unit-unknown': 'Numbers in a column of times fit no unit that can be told.',
  'time-zone-assumed': 'Date-times without offset are taken to be in the configured time zone.',
  'uuid-bytes': 'Values of 16 bytes are read as UUIDs.',
  'blob-as-hex': 'Bytes stand in a column of texts and are written as hexadecimal digits.',
  'text-in-blob': 'Texts stand in a column of bytes; their bytes are stored.',
  'default-changed': 'The default value of a column was changed or left out.',
  'column-omitted': 'A column of the source has no place in the target table.',
  'name-changed': 'A name was too long for PostgreSQL or taken, and was changed.',
  'rows-unreadable': 'The source is damaged; some rows of the table could not be read.',
  'foreign-key-not-restored':
    'A foreign key of an existing table was dropped for the load, and the rows that are there now contradict it.',
  'table-skipped': 'A table of the source is not carried.',
  'bookkeeping-skipped': "A table is a migration tool's own and keeps what the target has in it.",
  orphans: 'Rows point to rows that do not exist.',
  'sequence-exhausted': 'A sequence is at the end of its range.',
  'table-missing': 'The target has no table for one of the source.',
}
