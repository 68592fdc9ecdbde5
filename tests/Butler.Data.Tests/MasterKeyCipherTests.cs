using System.Security.Cryptography;
using System.Text;

namespace Butler.Data.Tests;

public sealed class MasterKeyCipherTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private readonly MasterKeyCipher _sealer = new(s_key);
    private readonly Guid _account = Guid.CreateVersion7();

    [Fact]
    public void Open_WhatWasSealed_IsTheSecret()
    {
        foreach (var secret in new[] { "", "a", "\u00E4\uD83D\uDE00", new string('x', 10_000) })
        {
            Assert.Equal(secret, _sealer.Open(_account, _sealer.Seal(_account, secret)));
        }
    }

    [Fact]
    public void Seal_SameSecretTwice_LooksDifferentAndShowsNothing()
    {
        var (a, b) = (_sealer.Seal(_account, "refresh-token"), _sealer.Seal(_account, "refresh-token"));
        Assert.NotEqual(a, b);
        Assert.DoesNotContain("refresh", Encoding.UTF8.GetString(a), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAnotherAccount_Fails()
    {
        var sealedBytes = _sealer.Seal(_account, "secret");
        Assert.ThrowsAny<CryptographicException>(() => _sealer.Open(Guid.CreateVersion7(), sealedBytes));
    }

    [Fact]
    public void Open_WithAnotherKey_Fails()
    {
        using var other = new MasterKeyCipher([.. s_key.Reverse()]);
        var sealedBytes = _sealer.Seal(_account, "secret");
        Assert.ThrowsAny<CryptographicException>(() => other.Open(_account, sealedBytes));
    }

    [Fact]
    public void Open_AnyBitDamagedOrCut_Fails()
    {
        var sealedBytes = _sealer.Seal(_account, "secret");
        for (var bit = 0; bit < sealedBytes.Length * 8; bit++)
        {
            var damaged = sealedBytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<CryptographicException>(() => _sealer.Open(_account, damaged));
        }

        for (var length = 0; length < sealedBytes.Length; length++)
        {
            var cut = sealedBytes[..length];
            Assert.ThrowsAny<CryptographicException>(() => _sealer.Open(_account, cut));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(33)]
    public void Constructor_KeyOfWrongLength_Throws(int length) => Assert.Throws<ArgumentException>(() => new MasterKeyCipher(new byte[length]));
}
