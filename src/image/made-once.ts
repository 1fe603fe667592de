/** What a map has for a key, made when it is asked for the first time. */
export function madeOnce<Key, Value> (map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}
