using RLSquared.Cluster.Snapshots;

namespace RLSquared.Cluster.Tests.Snapshots;

public sealed class ProcessFolderTests : IDisposable
{
    readonly string kind = $"rl2-test-{Path.GetRandomFileName()}-";

    public void Dispose()
    {
        foreach (string folder in Directory.GetDirectories(Path.GetTempPath(), kind + "*"))
            Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void What_a_killed_process_left_is_removed_and_nothing_else()
    {
        using var living = new ProcessFolder(kind);
        string left = Make("left", ProcessFolder.LockName, "weights"), other = Make("other", "letters"),
            elsewhere = Make("elsewhere", ProcessFolder.LockName);
        string moved = elsewhere.Replace(kind, "rl2-test-aside-", StringComparison.Ordinal);
        Directory.Move(elsewhere, moved);
        Directory.CreateSymbolicLink(elsewhere, moved);
        try
        {
            var fresh = new ProcessFolder(kind);
            Assert.False(Directory.Exists(left));
            Assert.All([living.FullName, fresh.FullName, other, elsewhere, moved],
                folder => Assert.True(Directory.Exists(folder), folder));
            File.WriteAllText(Path.Combine(fresh.FullName, "weights"), "1");
            fresh.Dispose();
            Assert.False(Directory.Exists(fresh.FullName));
            Assert.True(File.Exists(Path.Combine(living.FullName, ProcessFolder.LockName)));
        }
        finally
        {
            File.Delete(elsewhere);
            Directory.Delete(moved, recursive: true);
        }
    }

    string Make(string name, params string[] files)
    {
        string folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), kind + name)).FullName;
        foreach (string file in files)
            File.WriteAllText(Path.Combine(folder, file), "");
        return folder;
    }
}
