import { expect, test } from 'vitest'
import { camelCase, pascalCase, plural, singular, wordsOf } from './words.ts'

test.each([
  ['blog_posts', 'blog posts'],
  ['BlogPosts', 'blog posts'],
  ['blog-posts', 'blog posts'],
  ['Order Details', 'order details'],
  ['HTTPServer2', 'http server2'],
  ['CustomerID', 'customer id'],
  ['USER_NAME', 'user name'],
  ['customerid', 'customerid'],
  ['__typename', 'typename'],
  ['größe_m', 'größe m'],
  ['%', ''],
])('%s has the words %s', (name, words) => {
  expect(wordsOf(name).join(' ')).toBe(words)
})

test('words are joined as variables and as types are written', () => {
  expect(camelCase(['http', 'server2'])).toBe('httpServer2')
  expect(pascalCase(['blog', 'post'])).toBe('BlogPost')
})

test.each([
  ['user', 'users'],
  ['category', 'categories'],
  ['day', 'days'],
  ['address', 'addresses'],
  ['status', 'statuses'],
  ['box', 'boxes'],
  ['branch', 'branches'],
  ['database', 'databases'],
  ['expense', 'expenses'],
  ['house', 'houses'],
  ['analysis', 'analyses'],
  ['movie', 'movies'],
  ['person', 'people'],
  ['child', 'children'],
  ['photo', 'photos'],
])('%s and %s', (one, many) => {
  expect(plural([one])).toEqual([many])
  expect(singular([many])).toEqual([one])
})

test.each(['media', 'data', 'species'])('%s is the same in both', (word) => {
  expect(plural([word])).toEqual([word])
  expect(singular([word])).toEqual([word])
})

test('what is a plural already stays, and only the last word counts', () => {
  expect(plural(['news', 'letters'])).toEqual(['news', 'letters'])
  expect(singular(['sales', 'orders'])).toEqual(['sales', 'order'])
})
