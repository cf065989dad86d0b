using System.Globalization;
using System.Text;
using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Cli.Films;

/// <summary>
/// What an algorithm has learned of one goal of a point maze: how near each place is to the goal, where the policy goes
/// from there, the way that it takes from the start, and the places half-way and a quarter of the way in the eyes of
/// the values.
/// </summary>
internal sealed class MazeField
{
    // Squares along one side of a cell.
    const int Fine = 4;

    readonly PointMazeMap map;
    readonly IGoalPolicy learned;
    readonly Func<Tensor, Tensor, Tensor> nearness;
    readonly Tape tape = new(new Arena()) { Recording = false };
    readonly (float X, float Y)[] places;

    /// <summary>Asks for all values.</summary>
    /// <param name="maze">The maze.</param>
    /// <param name="learned">What was learned.</param>
    /// <param name="task">Which pair of start and goal, from 0.</param>
    /// <param name="seed">Of the episode.</param>
    /// <exception cref="OptionException">The algorithm has no values, or there is no such pair.</exception>
    public MazeField(PointMaze maze, IGoalPolicy learned, int task, ulong seed)
    {
        if (task < 0 || task >= maze.Evaluations.Count)
        {
            throw new OptionException("--goal",
                $"point-maze has goals 1 to {maze.Evaluations.Count}, but --goal is {task + 1}");
        }
        (map, this.learned) = (maze.Map, learned);
        nearness = learned.Nearness ?? throw new OptionException("--goal",
            "this run has learned no values to draw: gcbc has none, and those of frs are of single actions");
        places = [.. from cell in map.FreeCells from n in Enumerable.Range(0, Fine * Fine) select PlaceOf(cell, n)];
        Task = maze.Evaluations[task];
        (Way, Goal, Reached) = Play(maze, task, seed);
        Values = ValuesOf(place => place, _ => Goal);
        Subgoals = FindSubgoals();
    }

    /// <summary>The pair of start and goal in words.</summary>
    public string Task { get; }

    /// <summary>Where the policy went, the start first.</summary>
    public IReadOnlyList<(float X, float Y)> Way { get; }

    /// <summary>The goal.</summary>
    public (float X, float Y) Goal { get; }

    /// <summary>Whether the policy came to it.</summary>
    public bool Reached { get; }

    /// <summary>How near each small square of the free cells is to the goal.</summary>
    public IReadOnlyList<float> Values { get; }

    /// <summary>Places a quarter, a half and three quarters of the way, as the values split it.</summary>
    public IReadOnlyList<(float X, float Y)> Subgoals { get; }

    /// <summary>The picture (SVG).</summary>
    /// <param name="title">What stands for it where it cannot be shown.</param>
    public string ToSvg(string title)
    {
        const int side = 8, half = side / 2;
        int height = map.Rows * Fine * side, width = map.Columns * Fine * side;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
            <title>{System.Net.WebUtility.HtmlEncode(title)}</title>
            <rect width="100%" height="100%" fill="#3b3f46"/>

            """);
        // By rank, so that near and far places differ in colour whatever the unit of the values is.
        float[] sorted = [.. Values.Order()];
        for (int n = 0; n < places.Length; n++)
        {
            double rank = (double)Array.BinarySearch(sorted, Values[n]) / Math.Max(1, sorted.Length - 1);
            (double x, double y) = ToPage(places[n]);
            string colour = ColourOf(Math.Clamp(rank, 0, 1));
            Add($"""<rect x="{x - half:F0}" y="{y - half:F0}" width="{side}" height="{side}" fill="{colour}"/>""");
        }
        foreach (((float X, float Y) from, (float X, float Y) step) in Arrows())
        {
            (double x, double y) = ToPage(from);
            double endX = x + step.X * 12, endY = y + step.Y * 12;
            Add($"""<path d="M{x:F1} {y:F1}L{endX:F1} {endY:F1}" stroke="#fff" stroke-width="1.5"/>""");
            Add($"""<circle cx="{endX:F1}" cy="{endY:F1}" r="2" fill="#fff"/>""");
        }
        string points = string.Join(' ', Way.Select(place =>
        {
            (double x, double y) = ToPage(place);
            return string.Create(CultureInfo.InvariantCulture, $"{x:F1},{y:F1}");
        }));
        Add($"""<polyline points="{points}" fill="none" stroke="#d62728" stroke-width="2"/>""");
        foreach ((float X, float Y) place in Subgoals)
        {
            (double x, double y) = ToPage(place);
            Add($"""<circle cx="{x:F1}" cy="{y:F1}" r="6" fill="none" stroke="#ff7f0e" stroke-width="3"/>""");
        }
        (double startX, double startY) = ToPage(Way[0]);
        (double goalX, double goalY) = ToPage(Goal);
        Add($"""<circle cx="{startX:F1}" cy="{startY:F1}" r="6" fill="#d62728"/>""");
        Add($"""<circle cx="{goalX:F1}" cy="{goalY:F1}" r="8" fill="#2ca02c" stroke="#fff" stroke-width="2"/>""");
        return svg.Append("</svg>\n").ToString();

        void Add(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        static (double X, double Y) ToPage((float X, float Y) place) =>
            ((place.X + 6) / PointMazeMap.Unit * Fine * side, (place.Y + 6) / PointMazeMap.Unit * Fine * side);
    }

    // Dark blue far away, yellow near.
    static string ColourOf(double rank)
    {
        int red = (int)(40 + 205 * rank), green = (int)(50 + 170 * rank), blue = (int)(110 - 40 * rank);
        return $"#{red:x2}{green:x2}{blue:x2}";
    }

    (float X, float Y) PlaceOf(int cell, int n)
    {
        (double x, double y) = map.CentreOf(cell);
        double step = PointMazeMap.Unit / Fine, first = (step - PointMazeMap.Unit) / 2;
        return ((float)(x + first + n % Fine * step), (float)(y + first + n / Fine * step));
    }

    float[] ValuesOf(Func<(float X, float Y), (float X, float Y)> from, Func<(float X, float Y), (float X, float Y)> to)
    {
        tape.Reset();
        return nearness(Places([.. places.Select(from)]), Places([.. places.Select(to)])).ToArray();
    }

    Tensor Places((float X, float Y)[] all)
    {
        int width = learned.Input.StateWidth;
        float[] numbers = new float[width * all.Length];
        for (int n = 0; n < all.Length; n++)
            learned.Input.WriteState([all[n].X, all[n].Y], numbers.AsSpan(width * n, width));
        return tape.Constant(new Shape(all.Length, width), numbers);
    }

    // The middle of a way is the place whose farther end is nearest.
    (float X, float Y)[] FindSubgoals()
    {
        (float X, float Y) start = Way[0], middle = Middle(start, Goal);
        return [Middle(start, middle), middle, Middle(middle, Goal)];
    }

    (float X, float Y) Middle((float X, float Y) start, (float X, float Y) goal)
    {
        float[] first = ValuesOf(_ => start, place => place), second = ValuesOf(place => place, _ => goal);
        return places[Enumerable.Range(0, places.Length).MaxBy(n => Math.Min(first[n], second[n]))];
    }

    IEnumerable<((float X, float Y) From, (float X, float Y) Step)> Arrows()
    {
        (float X, float Y)[] centres = [.. map.FreeCells.Select(cell =>
        {
            (double x, double y) = map.CentreOf(cell);
            return ((float)x, (float)y);
        })];
        var actions = new ActionBuffer(ActionSpace.Continuous(2), centres.Length);
        learned.Act(centres.Length)(new GoalPercept
        {
            Lanes = centres.Length,
            Observations = (float[])[.. centres.SelectMany(place => new[] { place.X, place.Y })],
            Goals = (float[])[.. centres.SelectMany(_ => new[] { Goal.X, Goal.Y })],
            Step = 0,
            Seed = 0,
            FirstEpisode = 0,
        }, actions.Span);
        return [.. centres.Select((place, n) => (place, (actions.Numbers[2 * n], actions.Numbers[2 * n + 1])))];
    }

    ((float X, float Y)[] Way, (float X, float Y) Goal, bool Reached) Play(PointMaze maze, int task, ulong seed)
    {
        GoalLanes world = maze.CreateLanes(1);
        GoalAct act = learned.Act(1);
        float[] place = new float[2], goal = new float[2];
        var endings = new Endings[1];
        var actions = new ActionBuffer(maze.Action, 1);
        ulong episode = (ulong)task << 32;                      // as evaluations number them
        world.Begin(seed, episode, [task], place, goal);
        List<(float X, float Y)> way = [(place[0], place[1])];
        while (!endings[0].HasFlag(Endings.TrialEnded))
        {
            act(new GoalPercept
            {
                Lanes = 1,
                Observations = place,
                Goals = goal,
                Step = way.Count - 1,
                Seed = seed,
                FirstEpisode = episode,
            }, actions.Span);
            world.Step(actions.Span, place, endings);
            way.Add((place[0], place[1]));
        }
        return ([.. way], (goal[0], goal[1]), endings[0].HasFlag(Endings.Terminated));
    }
}
