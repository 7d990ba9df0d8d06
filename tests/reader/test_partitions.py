"""The values are those of Kafka's own test of its hash (UtilsTest.testMurmur2)."""

import unittest

from partitions import murmur2, partition_of

KAFKAS_OWN = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


class Partitions(unittest.TestCase):
    def test_hash(self) -> None:
        for key, hashed in KAFKAS_OWN.items():
            self.assertEqual(murmur2(key.encode()), hashed, key)

    def test_partition_is_never_negative(self) -> None:
        # 479470107 and, without its sign, -973932308.
        self.assertEqual(partition_of(b"abc", 16), 479470107 % 16)
        self.assertEqual(partition_of(b"21", 16), (-973932308 & 0x7FFFFFFF) % 16)


if __name__ == "__main__":
    unittest.main()
