namespace Butler.Mail.Tests.Fuzz;

/// <summary>What reading may allocate beyond the message's own buffer.</summary>
internal static class MemoryBound
{
    // Message, document, root part; on a thread's first mail also the parser that the thread keeps.
    private const int Fixed = 1024;

    // A part without its text: one object; with an odd Content-Type also its parameters.
    private const int PerPart = 160;
    // Content-Types of odd forms are read as strings, unfolded, by a guessed charset: the framework's decoders allocate
    // some 40 bytes, several times, for each byte that cannot be read.
    private const long HeaderFactor = 64;
    private const int PerDefect = 64;

    /// <summary>The structure, nothing decoded: a quarter of the message, the tree itself, and odd headers that must be read in full for it.</summary>
    public static long Structure(int length, MimeMessage message) => Fixed + (length / 4) + (PerPart * (long)message.PartCount) + (HeaderFactor * message.Body.Document.HeaderBytes) + DefectBytes;

    /// <summary>All headers, addresses, texts and bodies read, each several times: a multiple of the message.</summary>
    public static long Everything(int length, MimeMessage message) => 64 * 1024 + (96L * length) + (4096L * message.PartCount);

    private static long DefectBytes => PerDefect * MimeLimits.Default.Defects;
}
