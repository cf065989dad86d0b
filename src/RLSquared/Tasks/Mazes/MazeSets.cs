using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Mazes;

/// <summary>
/// The stored mazes: for each size a thousand to train in and a thousand to test in. They are not kept in a file but
/// drawn from one fixed seed, always the same ones; a test holds them to it.
/// <para>
/// No pair of walls and target is in both sets: a hash of the pair decides which set it may enter. Within a set no two
/// mazes agree in walls, target and start. (There are only 192 small mazes, and 1728 pairs with a target, so that not
/// all of two thousand pairs could differ.)
/// </para>
/// </summary>
public static class MazeSets
{
    /// <summary>Mazes in each set.</summary>
    public const int Count = 1000;

    const ulong Seed = 2016;

    static readonly Lazy<(Maze[] Train, Maze[] Test)> small = new(() => Draw(3)), large = new(() => Draw(5));

    /// <summary>One of the four sets.</summary>
    public static IReadOnlyList<Maze> Of(MazeSize size, MazeSplit split)
    {
        (Maze[] train, Maze[] test) = size == MazeSize.Small ? small.Value : large.Value;
        return split == MazeSplit.Train ? train : test;
    }

    static (Maze[] Train, Maze[] Test) Draw(int rooms)
    {
        var sets = new List<Maze>[] { [], [] };
        var known = new HashSet<(ulong, Pose)>();
        for (uint candidate = 0; sets[0].Count < Count || sets[1].Count < Count; candidate++)
        {
            RandomSequence random = new RandomKey(Seed, RandomPurpose.Task, (ulong)rooms).Sequence(candidate);
            var maze = Maze.Draw(rooms, ref random);
            ulong pair = maze.Fingerprint();
            List<Maze> set = sets[pair & 1];
            if (set.Count < Count && known.Add((pair, maze.Start with { Heading = 0 })))
                set.Add(maze);
        }
        return ([.. sets[0]], [.. sets[1]]);
    }
}
