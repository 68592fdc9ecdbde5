namespace Butler.Mailboxes.Imap;

/// <summary>What folders are for: by the server's attributes (RFC 6154, XLIST), else by the names that mail programs give them.</summary>
internal static class ImapUses
{
    private static readonly Dictionary<string, ImapUse> s_attributes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["\\All"] = ImapUse.All,
        ["\\AllMail"] = ImapUse.All,
        ["\\Archive"] = ImapUse.Archive,
        ["\\Drafts"] = ImapUse.Drafts,
        ["\\Flagged"] = ImapUse.Flagged,
        ["\\Starred"] = ImapUse.Flagged,
        ["\\Important"] = ImapUse.Important,
        ["\\Junk"] = ImapUse.Junk,
        ["\\Spam"] = ImapUse.Junk,
        ["\\Sent"] = ImapUse.Sent,
        ["\\Trash"] = ImapUse.Trash,
    };

    private static readonly Dictionary<string, ImapUse> s_names = Names();

    /// <summary>Sets each folder's use; a use that the server gave to one folder is guessed for no other.</summary>
    public static IReadOnlyList<ImapFolder> Complete(List<ImapFolder> folders)
    {
        var said = new HashSet<ImapUse>();
        for (var i = 0; i < folders.Count; i++)
        {
            var use = folders[i].Name.IsInbox ? ImapUse.Inbox : folders[i].Attributes.Select(a => s_attributes.GetValueOrDefault(a)).FirstOrDefault(u => u != ImapUse.None);
            if (use != ImapUse.None)
            {
                said.Add(use);
                folders[i] = folders[i] with { Use = use, UseIsSaid = true };
            }
        }

        // Outer folders first, so that "Sent" wins over "Archive/2019/Sent".
        foreach (var i in Enumerable.Range(0, folders.Count).OrderBy(i => Depth(folders[i])))
        {
            var folder = folders[i];
            if (folder.Use == ImapUse.None && folder.Selectable && Depth(folder) <= 1 && s_names.TryGetValue(Leaf(folder), out var use) && said.Add(use))
            {
                folders[i] = folder with { Use = use };
            }
        }

        return folders;
    }

    private static string Leaf(ImapFolder folder) => folder.Delimiter is { } d ? folder.Name.Display[(folder.Name.Display.LastIndexOf(d) + 1)..] : folder.Name.Display;

    private static int Depth(ImapFolder folder) => folder.Delimiter is { } d ? folder.Name.Display.Count(c => c == d) : 0;

    private static Dictionary<string, ImapUse> Names()
    {
        var names = new Dictionary<string, ImapUse>(StringComparer.OrdinalIgnoreCase);
        void Add(ImapUse use, params string[] all)
        {
            foreach (var name in all)
            {
                names[name] = use;
            }
        }

        Add(ImapUse.Sent, "Sent", "Sent Items", "Sent Mail", "Sent Messages", "Sent-mail", "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Envoyés", "Éléments envoyés", "Messages envoyés", "Enviados", "Elementos enviados", "Itens enviados", "Inviata", "Posta inviata", "Verzonden", "Verzonden items", "Wysłane", "Skickat", "Sendt", "Отправленные", "已发送", "已发送邮件", "送信済み", "送信済みアイテム");
        Add(ImapUse.Drafts, "Drafts", "Draft", "Entwürfe", "Brouillons", "Borradores", "Rascunhos", "Bozze", "Concepten", "Kopie robocze", "Wersje robocze", "Utkast", "Kladder", "Черновики", "草稿箱", "草稿", "下書き");
        Add(ImapUse.Trash, "Trash", "Deleted", "Deleted Items", "Deleted Messages", "Bin", "Papierkorb", "Gelöschte Elemente", "Corbeille", "Éléments supprimés", "Papelera", "Elementos eliminados", "Lixeira", "Itens excluídos", "Cestino", "Prullenbak", "Verwijderde items", "Kosz", "Papperskorgen", "Papirkurv", "Корзина", "Удаленные", "已删除", "已删除邮件", "ゴミ箱");
        Add(ImapUse.Junk, "Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "Bulk Mail", "Spamverdacht", "Courrier indésirable", "Indésirables", "Correo no deseado", "Lixo eletrônico", "Posta indesiderata", "Ongewenste e-mail", "Skräppost", "Спам", "垃圾邮件", "迷惑メール");
        Add(ImapUse.Archive, "Archive", "Archives", "Archiv", "Archivo", "Arquivo", "Archivio", "Archief", "Archiwum", "Arkiv", "Архив", "存档", "アーカイブ");
        return names;
    }
}
