using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Grpc.Core.Internal;

/// <summary>The header grpc-timeout (PROTOCOL-HTTP2.md, Timeout): up to 8 digits and a unit.</summary>
internal static class TimeoutText
{
    public const string Header = "grpc-timeout";

    private const int MaxDigits = 8;

    private static readonly (char Unit, long Ticks)[] Units =
    [
        ('m', TimeSpan.TicksPerMillisecond),
        ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute),
        ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>The finest unit that 8 digits can hold, rounded up so that no call ends early.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 1);
        foreach (var (unit, size) in Units)
        {
            var value = (ticks / size) + (ticks % size == 0 ? 0 : 1);
            if (value <= 99_999_999)
            {
                return value.ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return "99999999H";
    }

    public static bool TryParse([NotNullWhen(true)] string? value, out TimeSpan timeout)
    {
        timeout = default;
        if (value is null || value.Length < 2 || value.Length > MaxDigits + 1
            || !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        // 10^8 hours are 3.6e18 ticks, within the 9.2e18 of a TimeSpan: no overflow.
        long? ticks = value[^1] switch
        {
            'n' => number / 100,
            'u' => number * TimeSpan.TicksPerMicrosecond,
            'm' => number * TimeSpan.TicksPerMillisecond,
            'S' => number * TimeSpan.TicksPerSecond,
            'M' => number * TimeSpan.TicksPerMinute,
            'H' => number * TimeSpan.TicksPerHour,
            _ => null,
        };
        timeout = new(ticks ?? 0);
        return ticks is not null;
    }
}
