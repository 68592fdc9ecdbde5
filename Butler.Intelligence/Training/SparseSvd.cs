using System.Numerics.Tensors;

namespace Butler.Intelligence.Training;

/// <summary>A sparse matrix by rows and, once more, by columns.</summary>
internal sealed class SparseMatrix
{
    private readonly int[] _starts;
    private readonly (int Column, float Value)[] _cells;

    public SparseMatrix(int rows, int columns, (int Row, int Column, float Value)[] cells)
    {
        (Rows, Columns) = (rows, columns);
        _starts = new int[rows + 1];
        foreach (var cell in cells)
        {
            _starts[cell.Row + 1]++;
        }

        for (var i = 0; i < rows; i++)
        {
            _starts[i + 1] += _starts[i];
        }

        _cells = new (int, float)[cells.Length];
        var next = _starts.ToArray();
        foreach (var cell in cells)
        {
            _cells[next[cell.Row]++] = (cell.Column, cell.Value);
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>The matrix times a dense one.</summary>
    public float[][] Times(float[][] dense, int width)
    {
        var result = Dense(Rows, width);
        for (var row = 0; row < Rows; row++)
        {
            foreach (var (column, value) in _cells.AsSpan(_starts[row].._starts[row + 1]))
            {
                TensorPrimitives.MultiplyAdd(dense[column], value, result[row], result[row]);
            }
        }

        return result;
    }

    /// <summary>The transposed matrix times a dense one.</summary>
    public float[][] TransposedTimes(float[][] dense, int width)
    {
        var result = Dense(Columns, width);
        for (var row = 0; row < Rows; row++)
        {
            foreach (var (column, value) in _cells.AsSpan(_starts[row].._starts[row + 1]))
            {
                TensorPrimitives.MultiplyAdd(dense[row], value, result[column], result[column]);
            }
        }

        return result;
    }

    public static float[][] Dense(int rows, int width)
    {
        var result = new float[rows][];
        for (var i = 0; i < rows; i++)
        {
            result[i] = new float[width];
        }

        return result;
    }
}

/// <summary>The left singular vectors of a sparse matrix by random projection and subspace iteration (Halko, Martinsson, Tropp 2011, algorithm 4.4).</summary>
internal static class SparseSvd
{
    private const int Extra = 12;
    private const int Turns = 4;

    /// <summary>For each row its numbers along the largest directions, weighed by the square root of their singular values, the row's mean taken out.</summary>
    public static float[][] LeftVectors(SparseMatrix matrix, int size, Random random)
    {
        var width = size + Extra;
        var basis = SparseMatrix.Dense(matrix.Columns, width);
        foreach (var row in basis)
        {
            for (var i = 0; i < width; i++)
            {
                row[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2);
            }
        }

        var left = matrix.Times(basis, width);
        Orthonormalise(left, width);
        for (var turn = 0; turn < Turns; turn++)
        {
            left = matrix.Times(matrix.TransposedTimes(left, width), width);
            Orthonormalise(left, width);
        }

        // In the found space: the small matrix of products, whose eigenvectors turn the basis to the singular directions.
        var projected = matrix.TransposedTimes(left, width);
        var products = new double[width, width];
        foreach (var row in projected)
        {
            for (var i = 0; i < width; i++)
            {
                for (var j = i; j < width; j++)
                {
                    products[i, j] += (double)row[i] * row[j];
                }
            }
        }

        var (values, vectors) = Jacobi(products, width);
        var order = Enumerable.Range(0, width).OrderByDescending(i => values[i]).Take(size).ToArray();
        var result = SparseMatrix.Dense(matrix.Rows, size);
        for (var row = 0; row < matrix.Rows; row++)
        {
            for (var k = 0; k < size; k++)
            {
                var sum = 0.0;
                for (var i = 0; i < width; i++)
                {
                    sum += left[row][i] * vectors[i, order[k]];
                }

                result[row][k] = (float)(sum * Math.Pow(Math.Max(values[order[k]], 0), 0.25));
            }

            var norm = TensorPrimitives.Norm<float>(result[row]);
            if (norm > 0)
            {
                TensorPrimitives.Divide(result[row], norm, result[row]);
            }
        }

        var mean = new float[size];
        foreach (var row in result)
        {
            TensorPrimitives.Add(mean, row, mean);
        }

        TensorPrimitives.Divide(mean, (float)matrix.Rows, mean);
        foreach (var row in result)
        {
            TensorPrimitives.Subtract(row, mean, row);
        }

        return result;
    }

    /// <summary>Modified Gram-Schmidt over the columns.</summary>
    private static void Orthonormalise(float[][] matrix, int width)
    {
        var columns = new float[width][];
        for (var k = 0; k < width; k++)
        {
            columns[k] = new float[matrix.Length];
            for (var row = 0; row < matrix.Length; row++)
            {
                columns[k][row] = matrix[row][k];
            }
        }

        for (var k = 0; k < width; k++)
        {
            for (var again = 0; again < 2; again++)
            {
                for (var j = 0; j < k; j++)
                {
                    TensorPrimitives.MultiplyAdd(columns[j], -TensorPrimitives.Dot<float>(columns[j], columns[k]), columns[k], columns[k]);
                }
            }

            var norm = TensorPrimitives.Norm<float>(columns[k]);
            if (norm > 1e-12f)
            {
                TensorPrimitives.Divide(columns[k], norm, columns[k]);
            }
        }

        for (var row = 0; row < matrix.Length; row++)
        {
            for (var k = 0; k < width; k++)
            {
                matrix[row][k] = columns[k][row];
            }
        }
    }

    /// <summary>Eigenvalues and eigenvectors of a small symmetric matrix, of which the upper half is given.</summary>
    private static (double[] Values, double[,] Vectors) Jacobi(double[,] upper, int n)
    {
        var (a, v) = (new double[n, n], new double[n, n]);
        for (var i = 0; i < n; i++)
        {
            v[i, i] = 1;
            for (var j = i; j < n; j++)
            {
                a[i, j] = a[j, i] = upper[i, j];
            }
        }

        for (var sweep = 0; sweep < 30; sweep++)
        {
            var off = 0.0;
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++)
                {
                    off += a[p, q] * a[p, q];
                    Rotate(a, v, n, p, q);
                }
            }

            if (off < 1e-18)
            {
                break;
            }
        }

        return ([.. Enumerable.Range(0, n).Select(i => a[i, i])], v);
    }

    private static void Rotate(double[,] a, double[,] v, int n, int p, int q)
    {
        if (Math.Abs(a[p, q]) < 1e-300)
        {
            return;
        }

        var theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        var t = Math.Sign(theta) is var sign && sign == 0 ? 1 : sign / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var c = 1 / Math.Sqrt((t * t) + 1);
        var s = t * c;
        for (var k = 0; k < n; k++)
        {
            (a[k, p], a[k, q]) = ((c * a[k, p]) - (s * a[k, q]), (s * a[k, p]) + (c * a[k, q]));
        }

        for (var k = 0; k < n; k++)
        {
            (a[p, k], a[q, k]) = ((c * a[p, k]) - (s * a[q, k]), (s * a[p, k]) + (c * a[q, k]));
            (v[k, p], v[k, q]) = ((c * v[k, p]) - (s * v[k, q]), (s * v[k, p]) + (c * v[k, q]));
        }
    }
}
