using Grpc.Core;
using Grpc.Core.Internal;

namespace Butler.Shims.Tests.Grpc;

/// <summary>The small encodings of PROTOCOL-HTTP2.md.</summary>
public sealed class CodecTests
{
    [Theory]
    [InlineData("plain ~", "plain ~")]
    [InlineData("50%", "50%25")]
    [InlineData("a\r\nb", "a%0D%0Ab")]
    [InlineData("é", "%C3%A9")]
    public void Message_Encoded_DecodesToItself(string text, string wire)
    {
        Assert.Equal(wire, StatusText.Encode(text));
        Assert.Equal(text, StatusText.Decode(wire));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    public void Message_InvalidEscape_StaysAsItIs(string wire, string text) => Assert.Equal(text, StatusText.Decode(wire));

    [Theory]
    [InlineData(1, "1m")]
    [InlineData(15_000_001, "1501m")]
    [InlineData(10_000_000L * 100_000, "100000S")]
    [InlineData(3600L * 10_000_000 * 100_000, "6000000M")]
    public void Timeout_Formatted_NeverShorterThanAsked(long ticks, string expected)
    {
        // 100,000 s are 100,000,000 ms: one digit too many, so the next unit is taken.
        Assert.Equal(expected, TimeoutText.Format(new(ticks)));
        Assert.True(TimeoutText.TryParse(TimeoutText.Format(new(ticks)), out var parsed));
        Assert.True(parsed.Ticks >= ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    [InlineData("1x")]
    [InlineData(" 1S")]
    public void Timeout_Malformed_Refused(string text) => Assert.False(TimeoutText.TryParse(text, out _));

    [Fact]
    public void Metadata_Keys_LoweredAndChecked()
    {
        Metadata metadata = [new("A-Key", "1"), new("a-key", "2")];
        Assert.Equal("2", metadata.GetValue("A-KEY"));
        Assert.Equal(["1", "2"], metadata.GetAll("a-key").Select(e => e.Value));
        Assert.Throws<ArgumentException>(() => metadata.Add("ä", "1"));
        Assert.Throws<ArgumentException>(() => metadata.Add("x-bin", "text"));
        Assert.Throws<ArgumentException>(() => metadata.Add("x", [1]));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("x", "1"));
    }
}
