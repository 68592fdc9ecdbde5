using System.Numerics;

namespace Butler.Mail;

/// <summary>Names of elements, attributes, classes and CSS properties as one number, so that comparing them costs nothing.</summary>
internal static class HtmlName
{
    private const ulong Long = 1UL << 63;

    /// <summary>The key of a name, case aside: its ASCII characters up to eight, else a hash with the high bit set.</summary>
    public static ulong Key(ReadOnlySpan<char> name)
    {
        ulong key = 0;
        foreach (var c in name)
        {
            key = Next(key, c);
        }

        return key;
    }

    /// <summary>The key of a name that is one character longer.</summary>
    public static ulong Next(ulong key, char c)
    {
        // Only ASCII letters lose their case here; what is no ASCII makes a name that nothing of ours has.
        uint lower = c is >= 'A' and <= 'Z' ? (uint)c | 0x20 : c;
        return key < 1UL << 56 && lower is > 0 and < 0x80 ? (key << 8) | lower : Mix(key, lower);
    }

    private static ulong Mix(ulong key, uint c) => (BitOperations.RotateLeft(key ^ c, 27) * 0x9E3779B97F4A7C15) | Long;
}

/// <summary>Which of a fixed list of names a key is. The list's order is that of the enum it stands for.</summary>
internal sealed class HtmlNameTable
{
    private const int Size = 512;
    private const int Shift = 64 - 9;
    private readonly ulong[] keys = new ulong[Size];
    private readonly byte[] values = new byte[Size];

    /// <param name="names">The names; their numbers begin at 1.</param>
    public HtmlNameTable(params ReadOnlySpan<string> names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            var key = HtmlName.Key(names[i]);
            var slot = Slot(key);
            while (keys[slot] != 0)
            {
                slot = (slot + 1) & (Size - 1);
            }

            keys[slot] = key;
            values[slot] = (byte)(i + 1);
        }
    }

    /// <summary>The name's number, or 0.</summary>
    public int Find(ulong key)
    {
        var slot = Slot(key);
        while (keys[slot] is var other and not 0)
        {
            if (other == key)
            {
                return values[slot];
            }

            slot = (slot + 1) & (Size - 1);
        }

        return 0;
    }

    private static int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> Shift);
}
