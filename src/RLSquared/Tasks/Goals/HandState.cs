using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>
/// A hand over a board of buttons: where it is, the lights, and the button that it holds down, if any. Lengths are in
/// metres, angles in radians.
/// </summary>
record struct HandState
{
    /// <summary>Seconds of a step.</summary>
    public const double StepTime = 0.05;

    /// <summary>By how much an action of 1 moves.</summary>
    public const double MostMove = 0.05;

    /// <summary>By how much an action of 1 turns.</summary>
    public const double MostTurn = 0.3;

    /// <summary>The height of a button that nobody presses.</summary>
    public const double ButtonTop = 0.125;

    /// <summary>How far a button can be pressed.</summary>
    public const double ButtonTravel = 0.024;

    /// <summary>How far down it turns the lights, when it comes from above.</summary>
    public const double PressDepth = 0.02;

    /// <summary>The radius of a button.</summary>
    public const double ButtonRadius = 0.0172;

    /// <summary>Between the centres of two neighbours.</summary>
    public const double ButtonDistance = 0.1;

    /// <summary>The middle of the board along x; along y it is 0.</summary>
    public const double Middle = 0.425;

    // Where a hand may be, and where it is at the beginning and between two presses.
    const double LeastX = 0.25, MostX = 0.6, MostY = 0.35, LeastZ = 0.02, MostZ = 0.35;
    const double RestY = 0.2, LeastRestZ = 0.2, MostRestZ = 0.25;

    public double X;
    public double Y;
    public double Z;
    public double Yaw;
    public double Opening;
    public uint Lights;
    int button;                 // below the hand and not at its top, or −1
    double depth;               // how far it is down, at least 0
    int previousButton;
    double previousDepth;

    /// <summary>A hand somewhere above the board.</summary>
    public static HandState Draw(uint lights, ref RandomSequence random)
    {
        (double x, double y, double z, double yaw) = DrawPose(ref random);
        return new HandState { X = x, Y = y, Z = z, Yaw = yaw, Lights = lights, button = -1, previousButton = -1 };
    }

    /// <summary>A place above the board and an angle.</summary>
    public static (double X, double Y, double Z, double Yaw) DrawPose(ref RandomSequence random) => (
        LeastX + (MostX - LeastX) * random.NextUniform(),
        RestY * (2 * random.NextUniform() - 1),
        LeastRestZ + (MostRestZ - LeastRestZ) * random.NextUniform(),
        Math.PI * (2 * random.NextUniform() - 1));

    /// <summary>The centre of a button.</summary>
    public static (double X, double Y) ButtonAt(LightsOutBoard board, int button)
    {
        (int row, int column) = Math.DivRem(button, board.Columns);
        return (Middle + ButtonDistance * (row - (board.Rows - 1) / 2.0),
            ButtonDistance * (column - (board.Columns - 1) / 2.0));
    }

    /// <summary>An angle from −π to π.</summary>
    public static double Wrap(double angle) => angle - 2 * Math.PI * Math.Round(angle / (2 * Math.PI));

    /// <summary>Moves the hand; a button that it pushes down far enough turns its lights.</summary>
    /// <param name="board">The board.</param>
    /// <param name="action">The action, [5]; numbers beyond 1 count as 1.</param>
    public void Step(LightsOutBoard board, ReadOnlySpan<float> action)
    {
        double x = Math.Clamp(X + MostMove * Math.Clamp(action[0], -1, 1), LeastX, MostX);
        double y = Math.Clamp(Y + MostMove * Math.Clamp(action[1], -1, 1), -MostY, MostY);
        double z = Math.Clamp(Z + MostMove * Math.Clamp(action[2], -1, 1), LeastZ, MostZ);
        Yaw = Wrap(Yaw + MostTurn * Math.Clamp(action[3], -1, 1));
        Opening = Math.Clamp(Opening + Math.Clamp(action[4], -1, 1), 0, 1);
        (previousButton, previousDepth) = (button, depth);
        int below = ButtonBelow(board, x, y);
        // A button is solid: who is lower than its top cannot come over it from the side.
        if (below >= 0 && below != ButtonBelow(board, X, Y) && Z < ButtonTop && z < ButtonTop)
            (x, y, below) = (X, Y, ButtonBelow(board, X, Y));
        if (below >= 0)
            z = Math.Max(z, ButtonTop - ButtonTravel);
        (X, Y, Z) = (x, y, z);
        depth = below >= 0 ? Math.Max(0, ButtonTop - z) : 0;
        button = depth > 0 ? below : -1;
        double before = button == previousButton ? previousDepth : 0;
        if (before < PressDepth && depth >= PressDepth)
            Lights ^= board.Masks[button];
    }

    /// <summary>Writes the observation, [7 + 4 · buttons].</summary>
    public readonly void Write(LightsOutBoard board, Span<float> observation)
    {
        observation[0] = (float)((X - Middle) * 10);
        observation[1] = (float)(Y * 10);
        observation[2] = (float)(Z * 10);
        (observation[3], observation[4]) = ((float)Math.Cos(Yaw), (float)Math.Sin(Yaw));
        observation[5] = (float)(Opening * 3);
        observation[6] = button >= 0 ? 1 : 0;
        for (int i = 0; i < board.Buttons; i++)
        {
            Span<float> numbers = observation.Slice(
                LightsOutArm.HandNumbers + LightsOutArm.ButtonNumbers * i, LightsOutArm.ButtonNumbers);
            bool isOn = (Lights >> i & 1) != 0;
            (numbers[0], numbers[1]) = (isOn ? 0 : 1, isOn ? 1 : 0);
            double now = i == button ? depth : 0, before = i == previousButton ? previousDepth : 0;
            (numbers[2], numbers[3]) = ((float)(0 - now * 120), (float)((before - now) / StepTime));
        }
    }

    static int ButtonBelow(LightsOutBoard board, double x, double y)
    {
        int row = (int)Math.Round((x - Middle) / ButtonDistance + (board.Rows - 1) / 2.0);
        int column = (int)Math.Round(y / ButtonDistance + (board.Columns - 1) / 2.0);
        if (row < 0 || column < 0 || row >= board.Rows || column >= board.Columns)
            return -1;
        int button = row * board.Columns + column;
        (double centreX, double centreY) = ButtonAt(board, button);
        return PointMaze.IsWithin(ButtonRadius, x - centreX, y - centreY) ? button : -1;
    }
}

/// <summary>
/// The plan of one press as the published data follow it: from where the hand is to 6 cm above the button, down to
/// 2.5 cm below its top, up again, and away to a random place. Times vary a little, and smooth noise is added to all
/// places.
/// </summary>
sealed class PressPlan
{
    const double Segment = 0.4, TimeNoise = 0.1, Noise = 0.1, NoiseWidth = 0.5;
    const double Above = 0.06, Below = 0.025;

    // Gaussian weights of the smoothing, at a distance of 0, 1 and 2 steps; what is further is nothing.
    static readonly double[] weights = WeightsOf(NoiseWidth);
    static readonly double[] scales =
        [HandState.MostMove, HandState.MostMove, HandState.MostMove, HandState.MostTurn, 1];

    double[] targets = [];      // [steps, 5]
    double[] noise = [];        // [steps, 5]

    /// <summary>Steps of the plan; 0 before the first is made.</summary>
    public int Steps { get; private set; }

    /// <summary>Makes the plan of a press.</summary>
    /// <param name="hand">Where it begins.</param>
    /// <param name="button">The centre of the button.</param>
    /// <param name="random">What it draws from.</param>
    public void Make(in HandState hand, (double X, double Y) button, ref RandomSequence random)
    {
        (double finalX, double finalY, double finalZ, double finalYaw) = HandState.DrawPose(ref random);
        double top = HandState.ButtonTop + Above;
        double distance = Math.Sqrt(Square(hand.X - button.X) + Square(hand.Y - button.Y) + Square(hand.Z - top));
        Span<double> times = [0, 0.5 + 4 * distance, 0.8, 0.8, 1.25];
        for (int i = 1; i < times.Length; i++)
            times[i] = times[i - 1] + Segment * times[i];
        for (int i = 1; i < times.Length; i++)
            times[i] += Segment * TimeNoise * (2 * random.NextUniform() - 1);
        // The published plans take the button's x for its angle; so do these.
        ReadOnlySpan<double> x = [hand.X, button.X, button.X, button.X, finalX];
        ReadOnlySpan<double> y = [hand.Y, button.Y, button.Y, button.Y, finalY];
        ReadOnlySpan<double> z = [hand.Z, top, HandState.ButtonTop - Below, top, finalZ];
        ReadOnlySpan<double> yaw = [hand.Yaw, button.X, button.X, button.X, finalYaw];
        Steps = (int)Math.Ceiling(times[^1] / HandState.StepTime - 1e-9);
        if (targets.Length < 5 * Steps)
            (targets, noise) = (new double[5 * Steps], new double[5 * Steps]);
        for (int step = 0, segment = 0; step < Steps; step++)
        {
            double time = step * HandState.StepTime;
            while (segment < times.Length - 2 && time >= times[segment + 1])
                segment++;
            double share = (time - times[segment]) / (times[segment + 1] - times[segment]);
            Span<double> target = targets.AsSpan(5 * step, 5);
            target[0] = x[segment] + share * (x[segment + 1] - x[segment]);
            target[1] = y[segment] + share * (y[segment + 1] - y[segment]);
            target[2] = z[segment] + share * (z[segment + 1] - z[segment]);
            target[3] = yaw[segment] + share * HandState.Wrap(yaw[segment + 1] - yaw[segment]);
            target[4] = 1;
        }
        AddNoise(ref random);
    }

    /// <summary>The action that leads from where the hand is to where the plan wants it.</summary>
    /// <param name="step">The step of the plan.</param>
    /// <param name="hand">Where the hand is.</param>
    /// <param name="action">Receives the action, [5].</param>
    public void Follow(int step, in HandState hand, Span<double> action)
    {
        ReadOnlySpan<double> target = targets.AsSpan(5 * step, 5);
        action[0] = target[0] - hand.X;
        action[1] = target[1] - hand.Y;
        action[2] = target[2] - hand.Z;
        action[3] = HandState.Wrap(target[3] - hand.Yaw);
        action[4] = target[4] - hand.Opening;
        for (int i = 0; i < action.Length; i++)
            action[i] = Math.Clamp(action[i] / scales[i], -1, 1);
    }

    void AddNoise(ref RandomSequence random)
    {
        for (int i = 0; i < 5 * Steps; i++)
            noise[i] = Noise * scales[i % 5] * random.NextNormal();
        for (int step = 0; step < Steps; step++)
        {
            for (int offset = 1 - weights.Length; offset < weights.Length; offset++)
            {
                // Beyond an end the noise is mirrored.
                int from = step + offset;
                from = from < 0 ? -1 - from : from >= Steps ? 2 * Steps - 1 - from : from;
                for (int i = 0; i < 5; i++)
                    targets[5 * step + i] += weights[Math.Abs(offset)] * noise[5 * from + i];
            }
        }
    }

    static double[] WeightsOf(double width)
    {
        int reach = (int)(4 * width + 0.5);
        double[] found = [.. Enumerable.Range(0, reach + 1).Select(k => Math.Exp(-k * k / (2 * width * width)))];
        double sum = 2 * found.Sum() - found[0];
        return [.. found.Select(weight => weight / sum)];
    }

    static double Square(double value) => value * value;
}
