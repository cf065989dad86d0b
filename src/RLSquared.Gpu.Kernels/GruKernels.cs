using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// One time step of a gated recurrent unit, element by element; the equations and the layout are those of the
/// engine's <c>GruCell</c>: gates c | z | r | q, [B, 4H]. Several units of the same shape that read the same input step
/// at once (IdxY); their weights, gates and states lie as far apart as said.
/// </summary>
static class GruKernels
{
    /// <summary>
    /// Forward. On entry gates [B, 4H] hold hU in their last three quarters (or nothing, if there is no previous
    /// state); on return c | z | r | q. All places count from the start of their array.
    /// </summary>
    public static void GruForward(int relu, int B, int H, int groups, int width, int firstDenseRow,
        long weightStride, long gateStride, long stateStride, ArrayView<int> indices,
        ArrayView<float> dense, ArrayView<float> weights, ArrayView<float> product,
        ArrayView<float> bias, ArrayView<float> previous, ArrayView<float> gates, ArrayView<float> hidden)
    {
        int count = B * H, stride = 3 * H;
        long ofWeights = Grid.IdxY * weightStride, ofStates = Grid.IdxY * stateStride;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int b = at / H, j = at % H;
            long gate = Grid.IdxY * gateStride + (long)b * 4 * H + j, own = ofWeights + j;
            float z = bias[own], r = bias[own + H], c = bias[own + 2 * H], q = bias[own + 3 * H], h = 0;
            if (product.Length > 0)
            {
                long row = ((long)Grid.IdxY * B + b) * stride + j;
                z += product[row];
                r += product[row + H];
                c += product[row + 2 * H];
            }
            for (int i = 0; i < groups; i++)
            {
                long row = own + indices[b * groups + i] * stride;
                z += weights[row];
                r += weights[row + H];
                c += weights[row + 2 * H];
            }
            for (int i = 0; i < width; i++)
            {
                float x = dense[b * width + i];
                long row = own + (firstDenseRow + i) * stride;
                z += x * weights[row];
                r += x * weights[row + H];
                c += x * weights[row + 2 * H];
            }
            if (previous.Length > 0)
            {
                h = previous[ofStates + at];
                z += gates[gate + H];
                r += gates[gate + 2 * H];
                q += gates[gate + 3 * H];
            }
            z = Numbers.Sigmoid(z);
            r = Numbers.Sigmoid(r);
            c += r * q;
            c = relu != 0 ? (c > 0 ? c : (Numbers.IsNaN(c) ? c : 0f)) : Numbers.Tanh(c);
            gates[gate] = c;
            gates[gate + H] = z;
            gates[gate + 2 * H] = r;
            gates[gate + 3 * H] = q;
            hidden[ofStates + at] = z * (h - c) + c;
        }
    }

    /// <summary>
    /// Backward. On entry gates hold c | z | r | q, on return the gradients of their sums; carry [B, H] holds dL/dh'
    /// from the next step, or nothing where this is the last, and receives the part of dL/dh that does not go through
    /// U.
    /// </summary>
    public static void GruBackward(int relu, int last, int count, int H, long gateStride, long stateStride,
        ArrayView<float> previous, ArrayView<float> gates, ArrayView<float> outer, ArrayView<float> carry)
    {
        long ofStates = Grid.IdxY * stateStride, ofCarry = (long)Grid.IdxY * count;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            long gate = Grid.IdxY * gateStride + (long)(at / H) * 4 * H + at % H;
            float c = gates[gate], z = gates[gate + H], r = gates[gate + 2 * H], q = gates[gate + 3 * H];
            float h = previous.Length > 0 ? previous[ofStates + at] : 0f;
            float dh = outer[ofStates + at];
            if (last == 0)
                dh += carry[ofCarry + at];
            float dz = dh * (h - c), through = dh * z, dc = dh - through;
            dc = relu != 0 ? (c > 0 ? dc : 0f) : dc * (1f - c * c);
            float dr = dc * q, dq = dc * r;
            gates[gate] = dc;
            gates[gate + H] = dz * (z * (1f - z));
            gates[gate + 2 * H] = dr * (r * (1f - r));
            gates[gate + 3 * H] = dq;
            carry[ofCarry + at] = through;
        }
    }

    /// <summary>Input rows written out, [rows, width]: ones where the groups say, then the plain numbers.</summary>
    public static void SpreadInput(int rows, int width, int groups, int numbers, ArrayView<int> indices,
        ArrayView<float> dense, ArrayView<float> x)
    {
        int count = rows * width, firstDense = width - numbers;
        for (int at = Place.First; at < count; at += Place.Stride)
        {
            int r = at / width, c = at % width;
            float value = 0;
            if (c >= firstDense)
            {
                value = dense[(long)r * numbers + c - firstDense];
            }
            else
            {
                for (int i = 0; i < groups; i++)
                    value += indices[(long)r * groups + i] == c ? 1f : 0f;
            }
            x[at] = value;
        }
    }
}
