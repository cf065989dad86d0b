namespace RLSquared.Files;

/// <summary>Files that appear whole or not at all, even if the process dies while they are written.</summary>
internal static class WholeFile
{
    /// <summary>The ending of files that are not finished; left behind only by a process that was killed.</summary>
    public const string UnfinishedEnding = ".unfinished";

    /// <summary>
    /// Writes under another name in the same folder, flushes to the disk, and renames. No two processes use the same
    /// name, so that of several who write one file, the last one's is there whole.
    /// </summary>
    public static void Write(string path, Action<FileStream> write)
    {
        string unfinished = FormattableString.Invariant($"{path}.{Environment.ProcessId}{UnfinishedEnding}");
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            Remove(unfinished);
            throw;
        }
    }

    /// <summary>Writes bytes.</summary>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // The failure that led here is the one to report.
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
