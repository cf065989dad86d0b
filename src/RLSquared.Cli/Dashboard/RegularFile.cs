namespace RLSquared.Cli.Dashboard;

/// <summary>
/// Files of run folders, which anyone may have put together. What is no plain file is not opened: opening a pipe
/// waits for somebody to write, and a device may never end.
/// </summary>
internal static class RegularFile
{
    /// <summary>
    /// What a name leads to, links followed; null where nothing is there. A length of 0 also stands for pipes and
    /// devices: neither may be opened, and of an empty file nothing is missed.
    /// </summary>
    public static FileInfo? Find(string path)
    {
        var file = new FileInfo(path);
        try
        {
            if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                file = target;
        }
        catch (IOException)
        {
            return null;                                        // the link leads round in a circle
        }
        return file.Exists ? file : null;
    }

    /// <summary>The text of a short file; null where there is none, and empty where it is longer than allowed.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? ReadText(string path, int longest)
    {
        if (Find(path) is not { } file)
            return null;
        if (file.Length == 0 || file.Length > longest)
            return "";
        using var stream = new FileStream(
            file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[longest];                       // it may have grown meanwhile
        int length = stream.ReadAtLeast(bytes, longest, throwOnEndOfStream: false);
        return System.Text.Encoding.UTF8.GetString(bytes, 0, length);
    }
}

/// <summary>
/// How long ago something was changed, by a clock that is never set: the clock of the machine is asked once for each
/// change, and from then on the time that has gone by counts.
/// </summary>
internal struct Age
{
    DateTime stamp;
    TimeSpan seen, before;

    /// <summary>The time since a change.</summary>
    /// <param name="changed">When that was, by the clock of the machine, UTC. Of a time to come nothing has gone by.
    /// </param>
    /// <param name="now">The time since the machine started.</param>
    public TimeSpan Of(DateTime changed, TimeSpan now)
    {
        if (changed != stamp || seen == default)
        {
            TimeSpan by = DateTime.UtcNow - changed;
            (stamp, seen, before) = (changed, now, by > TimeSpan.Zero ? by : TimeSpan.Zero);
        }
        return before + (now - seen);
    }
}
