using System.Numerics;

namespace RLSquared.Tasks;

/// <summary>
/// A world from above as people see it who watch a trial: where the agent is, what lies where and what is in the way.
/// Agents are shown none of it. Worlds of cells have rows, and y counts down from the first; without rows y counts up.
/// </summary>
/// <param name="Place">Where the agent is; the middle of the first cell of the first row is (0.5, 0.5).</param>
/// <param name="Marks">Discs that lie in it.</param>
/// <param name="Rows">
/// Its cells, one letter each: <c>#</c> for a wall, a space for nothing, any other letter for what its kind begins
/// with. Empty for a world without cells.
/// </param>
public sealed record WorldView(Vector2 Place, IReadOnlyList<WorldMark> Marks, IReadOnlyList<string> Rows)
{
    /// <summary>Walls of a world without cells, each a straight line.</summary>
    public IReadOnlyList<(Vector2 From, Vector2 To)> Walls { get; init; } = [];
}

/// <summary>A disc in a <see cref="WorldView"/>.</summary>
/// <param name="Middle">Where it lies.</param>
/// <param name="Radius">How far it reaches, at least 0; a small number for a point.</param>
/// <param name="Pays">Whether it is what the trial is about: the others only look alike.</param>
public readonly record struct WorldMark(Vector2 Middle, float Radius, bool Pays);

/// <summary>Lanes whose worlds can be drawn: <c>rl2 dashboard</c> shows such trials as pictures.</summary>
public interface IDrawnLanes
{
    /// <summary>The world of a lane as it is now.</summary>
    /// <param name="lane">Which, 0 to N − 1.</param>
    WorldView Draw(int lane);
}
