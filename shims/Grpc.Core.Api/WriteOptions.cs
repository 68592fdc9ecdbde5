namespace Grpc.Core;

/// <summary>Hints for one write.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one before it is sent.</summary>
    BufferHint = 0x1,

    /// <summary>Do not compress (nothing is compressed by this stand-in).</summary>
    NoCompress = 0x2,
}

/// <summary>Options for the writes of a stream.</summary>
public class WriteOptions
{
    public static readonly WriteOptions Default = new();

    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    public WriteFlags Flags { get; }
}
