namespace Butler.Mail;

/// <summary>Whose words a line holds.</summary>
internal enum LineKind : byte
{
    /// <summary>The sender's, of this message.</summary>
    New,

    /// <summary>History: quoted or forwarded.</summary>
    Quoted,

    /// <summary>The sender's signature, or what a program or a company adds to every mail.</summary>
    Signature,
}
