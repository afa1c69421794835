import { describe, expect, test } from 'vitest'
import {
  classifyNumberText,
  decimalDigits,
  doubleToDecimal,
  fitsPrecision,
  isExactDouble,
  plainDecimal,
  roundDecimal,
} from './number-text.ts'

test.each([
  ['integer', ['0', '5', '-12', '9223372036854775807', '-9223372036854775808', '123456789012345678']],
  [
    'decimal',
    ['1.50', '-0.5', '0.0', '9223372036854775808', '-9223372036854775809', '12345678901234567890.5', '-0', '-0.0'],
  ],
  ['float', ['1e5', '1E-5', '1.5e+10', '.5', '-.5', '5.', '0e999', '1e308', '5e-324']],
  [
    null,
    [
      '',
      ' ',
      '-',
      '.',
      '-.',
      '+5',
      '007',
      '-007',
      '00',
      '00.5',
      '5 ',
      ' 5',
      '1e',
      '1e+',
      '1e999',
      '-1e999',
      '1e-999',
      '0x10',
      '1_000',
      '1,5',
      'NaN',
      'nan',
      'Infinity',
      'inf',
      '-inf',
      '١٢',
      '1.2.3',
      '--5',
      '1e5.5',
      `${'9'.repeat(131_073)}`,
      `0.${'9'.repeat(16_384)}`,
    ],
  ],
] as const)('%s: %j', (expected, texts) => {
  expect(texts.map((text) => [text, classifyNumberText(text)])).toEqual(texts.map((text) => [text, expected]))
})

test.each([
  ['1.50', 1, 1],
  ['-12.345', 2, 3],
  ['0.001', 0, 3],
  ['100', 3, 0],
  ['0', 0, 0],
  ['-0.0', 0, 0],
])('%s needs %i digits before the point and %i behind it', (text, integer, fraction) => {
  expect(decimalDigits(text)).toEqual({ integer, fraction })
})

test.each([
  [1e21, '1000000000000000000000'],
  [-1.5e22, '-15000000000000000000000'],
  [1e-7, '0.0000001'],
  [-1.25e-7, '-0.000000125'],
  [0.1, '0.1'],
  [123456789.125, '123456789.125'],
  [2 ** 63, '9223372036854776000'],
])('the double %f is %s', (value, text) => {
  expect(doubleToDecimal(value)).toBe(text)
})

test('doubles keep their value as decimal digits, from the smallest to the greatest', () => {
  for (const value of [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2, -1e100]) {
    expect(doubleToDecimal(value)).toMatch(/^-?\d+(\.\d+)?$/)
    expect(Number(doubleToDecimal(value))).toBe(value)
  }
})

test.each([
  ['1e5', '100000'],
  ['1.5e3', '1500'],
  ['1.234e1', '12.34'],
  ['-1.5e-3', '-0.0015'],
  ['.5', '0.5'],
  ['-.5', '-0.5'],
  ['5.', '5'],
  ['.5e1', '5'],
  ['0e5', '0'],
  ['12345678901234567890.123', '12345678901234567890.123'],
])('%s is %s without exponent', (text, plain) => {
  expect(plainDecimal(text)).toBe(plain)
})

describe('numeric(p,s)', () => {
  test.each([
    ['12345678.90', 10, 2, true],
    ['123456789', 10, 2, false],
    ['1.255', 10, 2, false],
    ['1.250', 10, 2, true],
    ['-99.9', 3, 1, true],
    ['0.0012', 2, 4, true],
    ['0.0123', 2, 4, false],
    ['12000', 2, -3, true],
    ['12500', 2, -3, false],
    ['0', 2, -3, true],
  ])('%s in numeric(%i,%i): %s', (text, precision, scale, fits) => {
    expect(fitsPrecision(text, precision, scale)).toBe(fits)
  })

  test.each([
    ['1.255', 2, '1.26'],
    ['-1.255', 2, '-1.26'],
    ['1.254', 2, '1.25'],
    ['9.999', 2, '10.00'],
    ['0.30000000000000004', 2, '0.30'],
    ['0.001', 2, '0'],
    ['1.5', 0, '2'],
    ['1', 2, '1.00'],
    ['12500', -3, '13000'],
    ['499', -3, '0'],
    ['5', -3, '0'],
  ])('%s rounded to %i digits is %s', (text, scale, rounded) => {
    expect(roundDecimal(text, scale)).toBe(rounded)
  })
})

test.each([
  ['0.1', true],
  ['0.10', true],
  ['1e5', true],
  ['9007199254740993', false],
  ['3.14159265358979323846', false],
  ['0.30000000000000004', true],
])('the double of %s is exact: %s', (text, exact) => {
  expect(isExactDouble(text)).toBe(exact)
})
