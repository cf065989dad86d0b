namespace RLSquared.Cluster.Snapshots;

/// <summary>
/// A folder for temporary files of this process. It goes with <see cref="Dispose"/>; where a process was killed before
/// that, the next one that makes a folder of the same kind removes what was left. A lock in each folder, which the
/// system takes back when its process ends, tells what is in use.
/// </summary>
internal sealed class ProcessFolder : IDisposable
{
    /// <summary>The file that is locked while the folder is in use.</summary>
    public const string LockName = "in-use.lock";

    const int Tries = 3;

    readonly FileStream held;

    /// <summary>Makes the folder, and removes those of its kind whose processes are gone.</summary>
    /// <param name="kind">What its name begins with, such as <c>rl2-weights-</c>.</param>
    /// <exception cref="IOException">There is no room for it.</exception>
    public ProcessFolder(string kind)
    {
        for (int tried = 1; ; tried++)
        {
            FullName = Directory.CreateTempSubdirectory(kind).FullName;
            try
            {
                held = Take(FullName, FileMode.CreateNew);
                break;
            }
            catch (IOException) when (tried < Tries)
            {
                // Another process looked whether it is in use, before it was.
            }
        }
        // Where a file system has no locks, everything looks as if nobody used it, and so does this folder.
        if (TryTake(FullName) is { } same)
            same.Dispose();
        else
            RemoveAbandoned(kind);
    }

    /// <summary>Where it is.</summary>
    public string FullName { get; }

    static void RemoveAbandoned(string kind)
    {
        foreach (string folder in Directory.GetDirectories(Path.GetTempPath(), kind + "*"))
        {
            if (new DirectoryInfo(folder).LinkTarget is null && TryTake(folder) is { } taken)
                Remove(folder, taken);
        }
    }

    // Null where it is in use, another user's, or none of ours.
    static FileStream? TryTake(string folder)
    {
        try
        {
            return Take(folder, FileMode.Open);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static FileStream Take(string folder, FileMode mode)
    {
        string path = Path.Combine(folder, LockName);
        var stream = new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None);
        if (File.Exists(path))
            return stream;
        stream.Dispose();                                   // it was removed before it was locked
        throw new FileNotFoundException($"{path} is gone");
    }

    static void Remove(string folder, FileStream taken)
    {
        if (OperatingSystem.IsWindows())
            taken.Dispose();                                // what is open there cannot be deleted
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Someone reads in it, or removes it as well; the next process tries again.
        }
        taken.Dispose();
    }

    /// <summary>Removes it with all that is in it.</summary>
    public void Dispose() => Remove(FullName, held);
}
